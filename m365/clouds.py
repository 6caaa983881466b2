"""Microsoft's clouds: where to sign in, where Graph is, and which hosts may ever see a secret.

Hosts as in "Microsoft Graph national cloud deployments" and "National clouds" (Microsoft Learn). GCC uses the
worldwide hosts.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models


class Cloud(models.TextChoices):
    WORLDWIDE = "worldwide", "Worldwide, and US Government GCC"
    GCC_HIGH = "gcc_high", "US Government GCC High"
    DOD = "dod", "US Government DoD"
    CHINA = "china", "China, operated by 21Vianet"


@dataclass(frozen=True)
class Endpoints:
    login: str
    graph: str
    scope: str  # the cloud's own, whatever host answers

    @property
    def hosts(self) -> frozenset[str]:
        """Host and port of both; nothing else may be asked."""
        return frozenset({urlsplit(self.login).netloc, urlsplit(self.graph).netloc})


def _cloud(login: str, graph: str) -> Endpoints:
    return Endpoints(f"https://{login}", f"https://{graph}", f"https://{graph}/.default")


_MICROSOFT = {
    Cloud.WORLDWIDE: _cloud("login.microsoftonline.com", "graph.microsoft.com"),
    Cloud.GCC_HIGH: _cloud("login.microsoftonline.us", "graph.microsoft.us"),
    Cloud.DOD: _cloud("login.microsoftonline.us", "dod-graph.microsoft.us"),
    Cloud.CHINA: _cloud("login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn"),
}


def endpoints(cloud: str) -> Endpoints:
    """Microsoft's own endpoints, or for the worldwide cloud those that the settings put in their place."""
    own = _MICROSOFT[Cloud(cloud)]
    if cloud != Cloud.WORLDWIDE:
        return own
    return Endpoints(settings.M365_LOGIN_URL or own.login, settings.M365_GRAPH_URL or own.graph, own.scope)
