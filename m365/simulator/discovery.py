"""The OpenID discovery document and the instance discovery that names the hosts of each cloud."""

from typing import Any
from urllib.parse import urlsplit

from m365.simulator import aadsts
from m365.simulator.aadsts import Refused
from m365.simulator.clouds import Cloud
from m365.simulator.directory import Tenant
from m365.simulator.wire import Request

PERSONAL_ACCOUNTS = "9188040d-6c67-4c5b-b112-36a304b66dad"
# Names that stand for no tenant in particular, and what their document calls them.
SHARED_TENANTS = {
    "common": "common",
    "organizations": "organizations",
    "consumers": PERSONAL_ACCOUNTS,
    PERSONAL_ACCOUNTS: PERSONAL_ACCOUNTS,
}

_INSTANCES = (
    (
        "login.microsoftonline.com",
        "login.windows.net",
        ("login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"),
    ),
    (
        "login.partner.microsoftonline.cn",
        "login.partner.microsoftonline.cn",
        ("login.partner.microsoftonline.cn", "login.chinacloudapi.cn"),
    ),
    (
        "login.microsoftonline.us",
        "login.microsoftonline.us",
        ("login.microsoftonline.us", "login.usgovcloudapi.net"),
    ),
)


def openid_configuration(tenant: Tenant, base_url: str) -> dict[str, Any]:
    """The tenant's document with its GUID in every endpoint, however it was asked for."""
    issuer = f"{base_url}/{tenant.id}/v2.0"
    document = _document(tenant.id, issuer, tenant.directory.cloud, base_url, tenant.region)
    return document | tenant.document


def shared_configuration(name: str, cloud: Cloud, base_url: str) -> dict[str, Any]:
    """The document of `common` and its like; the issuer of the two open ones is a template."""
    segment = SHARED_TENANTS[name]
    issuer = segment if segment == PERSONAL_ACCOUNTS else "{tenantid}"
    return _document(segment, f"{base_url}/{issuer}/v2.0", cloud, base_url, None)


def _document(segment: str, issuer: str, cloud: Cloud, base_url: str, region: str | None) -> dict[str, Any]:
    tenant_url = f"{base_url}/{segment}"
    return {
        "token_endpoint": f"{tenant_url}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": [
            "client_secret_post",
            "private_key_jwt",
            "client_secret_basic",
        ],
        "jwks_uri": f"{tenant_url}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer,
        "request_uri_parameter_supported": False,
        "userinfo_endpoint": f"https://{cloud.graph_host}/oidc/userinfo",
        "authorization_endpoint": f"{tenant_url}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{tenant_url}/oauth2/v2.0/devicecode",
        "http_logout_supported": True,
        "frontchannel_logout_supported": True,
        "end_session_endpoint": f"{tenant_url}/oauth2/v2.0/logout",
        "kerberos_endpoint": f"{tenant_url}/kerberos",
        "tenant_region_scope": region,
        "cloud_instance_name": cloud.instance_name,
        "cloud_graph_host_name": cloud.legacy_graph_host,
        "msgraph_host": cloud.graph_host,
        "rbac_url": "https://pas.windows.net",
    }


def instances(request: Request) -> dict[str, Any]:
    """Which hosts belong together; Refused when `authorization_endpoint` names an unknown one."""
    asked = urlsplit(request.parameter("authorization_endpoint") or "")
    known = {alias for _, _, aliases in _INSTANCES for alias in aliases}
    if asked.hostname == urlsplit(request.base_url).hostname:  # MSAL leaves the port out
        host_url = request.base_url
    elif asked.scheme == "https" and asked.netloc in known:
        host_url = f"https://{asked.netloc}"
    else:
        raise Refused(aadsts.INSTANCE_UNKNOWN)
    tenant_url = f"{host_url}/{asked.path.strip('/').split('/')[0] or 'common'}"
    version = "/v2.0" if "/v2.0/" in asked.path else ""
    return {
        "tenant_discovery_endpoint": f"{tenant_url}{version}/.well-known/openid-configuration",
        "api-version": request.parameter("api-version") or "1.1",
        "metadata": [
            {"preferred_network": network, "preferred_cache": cache, "aliases": list(aliases)}
            for network, cache, aliases in _INSTANCES
        ],
    }
