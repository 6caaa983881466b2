"""What is fixed per Microsoft cloud and stays the cloud's own wherever the simulator listens.

Hosts: "National clouds" (Microsoft Entra) and "Microsoft Graph national cloud deployments".
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Cloud:
    name: str
    instance_name: str
    login_hosts: tuple[str, ...]
    graph_host: str
    legacy_graph_host: str
    token_issuer: str

    @property
    def audience(self) -> str:
        """Resource identifier of Microsoft Graph: the scope without `/.default`, and `aud` of its tokens."""
        return f"https://{self.graph_host}"


WORLDWIDE = Cloud(
    name="worldwide",
    instance_name="microsoftonline.com",
    login_hosts=(
        "login.microsoftonline.com",
        "login.windows.net",
        "login.microsoft.com",
        "sts.windows.net",
    ),
    graph_host="graph.microsoft.com",
    legacy_graph_host="graph.windows.net",
    token_issuer="https://sts.windows.net",  # noqa: S106 - a host, not a credential
)
GCC_HIGH = Cloud(
    name="gcc_high",
    instance_name="microsoftonline.us",
    login_hosts=("login.microsoftonline.us",),
    graph_host="graph.microsoft.us",
    legacy_graph_host="graph.windows.net",
    token_issuer="https://sts.windows.net",  # noqa: S106
)
DOD = Cloud(
    name="dod",
    instance_name="microsoftonline.us",
    login_hosts=("login.microsoftonline.us",),
    graph_host="dod-graph.microsoft.us",
    legacy_graph_host="graph.windows.net",
    token_issuer="https://sts.windows.net",  # noqa: S106
)
CHINA = Cloud(
    name="china",
    instance_name="partner.microsoftonline.cn",
    login_hosts=("login.partner.microsoftonline.cn", "login.chinacloudapi.cn"),
    graph_host="microsoftgraph.chinacloudapi.cn",
    legacy_graph_host="graph.chinacloudapi.cn",
    token_issuer="https://sts.chinacloudapi.cn",  # noqa: S106
)
CLOUDS = {cloud.name: cloud for cloud in (WORLDWIDE, GCC_HIGH, DOD, CHINA)}
