"""Microsoft's clouds: where to sign in, where Graph is, and which hosts may ever see a secret.

Hosts as in "Microsoft Graph national cloud deployments" and "National clouds" (Microsoft Learn). GCC uses the
worldwide hosts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
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
# What a discovery document says of its tenant's cloud; how third-party look-up tools read it, no contract of
# Microsoft's. Tenants of US Government clouds have a sub-scope, and GCC is worldwide all the same.
_BY_SUB_SCOPE = {"GCC": Cloud.WORLDWIDE, "DODCON": Cloud.GCC_HIGH, "DOD": Cloud.DOD}
_BY_GRAPH_HOST = {urlsplit(own.graph).netloc: cloud for cloud, own in _MICROSOFT.items()}
_BY_INSTANCE = {
    "microsoftonline.com": frozenset({Cloud.WORLDWIDE}),
    "microsoftonline.us": frozenset({Cloud.GCC_HIGH, Cloud.DOD}),
    "partner.microsoftonline.cn": frozenset({Cloud.CHINA}),
}


def overrides(cloud: str) -> tuple[str, str]:
    """The names of the two settings that put other servers in the place of Microsoft's, login and Graph."""
    ending = "" if cloud == Cloud.WORLDWIDE else f"_{Cloud(cloud).name}"
    return f"M365_LOGIN_URL{ending}", f"M365_GRAPH_URL{ending}"


def endpoints(cloud: str) -> Endpoints:
    """Microsoft's own endpoints, or those that the settings put in their place for this cloud."""
    own = _MICROSOFT[Cloud(cloud)]
    login, graph = (getattr(settings, name) for name in overrides(cloud))
    return Endpoints(login or own.login, graph or own.graph, own.scope)


def login_urls() -> frozenset[str]:
    """Where any cloud's discovery may send a sign-in."""
    return frozenset(endpoints(cloud).login for cloud in Cloud)


def of_document(document: Mapping[str, Any]) -> Cloud | None:
    """The cloud that a discovery document names; None when it names none that we know, or two.

    A worldwide host may answer for a tenant of a US Government cloud: then its sub-scope and Graph host tell.
    """
    named: set[Cloud | None] = set()
    if sub_scope := document.get("tenant_region_sub_scope"):
        named.add(_BY_SUB_SCOPE.get(str(sub_scope).upper()))
    if graph_host := document.get("msgraph_host"):
        named.add(_BY_GRAPH_HOST.get(str(graph_host).lower()))
    if len(named) == 1:
        return named.pop()
    if named:
        return None
    fitting = _BY_INSTANCE.get(str(document.get("cloud_instance_name")).lower(), frozenset())
    return next(iter(fitting)) if len(fitting) == 1 else None
