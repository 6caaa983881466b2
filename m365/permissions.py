"""What the portal asks a tenant for: the one list that guide, manifest, scripts and validation read.

Which permission opens a path, and which larger ones do, as in Microsoft's pages "Get organization" and "Get
application", column Application. A test holds the list against the paths that are really called.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# Microsoft Graph as an application, the same in every tenant and cloud.
GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
# The portal signs in as an application; permissions of the other type, delegated ones, do nothing for it.
TYPE = "Application"


@dataclass(frozen=True)
class Permission:
    """An application permission of Microsoft Graph; `id` is its app role, the same in every tenant.

    `delegated_id` is the delegated permission of the same name, which is often chosen by mistake. Ids as in published
    code (not confirmed by documentation); the scripts compare `id` with the tenant's own Graph before they change
    anything.
    """

    name: str
    id: str
    delegated_id: str
    reason: str
    without: str
    included_in: frozenset[str]


ORGANIZATION_READ = "Organization.Read.All"
APPLICATION_READ = "Application.Read.All"
_ALL = (
    Permission(
        ORGANIZATION_READ,
        "498476ce-e0fe-48b0-b801-37ba7e2685c6",
        "4908d5b9-3fb2-4b1e-9336-1888b7937185",
        reason="your organisation’s name and verified domains",
        without="We cannot show which organisation you connected, nor offer its domains.",
        included_in=frozenset(
            {"Organization.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
        ),
    ),
    Permission(
        APPLICATION_READ,
        "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
        "c79f8feb-a9db-4090-85f9-90d820caa0eb",
        reason="when the client secret ends, to remind you in time",
        without="We cannot see when the secret ends, nor remind you in time.",
        included_in=frozenset({"Application.ReadWrite.OwnedBy", "Application.ReadWrite.All"}),
    ),
)
PERMISSIONS: dict[str, Permission] = {permission.name: permission for permission in _ALL}
# Not asked for: who grants it, and makes the app its own owner, lets the portal renew the client secret itself.
RENEWAL = "Application.ReadWrite.OwnedBy"
RENEWAL_ID = "18a4783c-866b-4cc7-a460-3d5e5662c884"


def missing_permissions(roles: Iterable[str]) -> list[str]:
    """Which of the permissions asked for a token with these roles does not carry."""
    held = set(roles)
    return [
        name
        for name, permission in PERMISSIONS.items()
        if name not in held and not held & permission.included_in
    ]


def requested_as(application: Mapping[str, Any], name: str) -> str:
    """How the registration asks for a permission: `Role` (application), `Scope` (delegated), or "" for not at all."""
    asked = application.get("requiredResourceAccess")
    found: set[str] = set()
    for resource in asked if isinstance(asked, list) else []:
        entries = resource.get("resourceAccess") if isinstance(resource, dict) else None
        for entry in entries if isinstance(entries, list) else []:
            if isinstance(entry, dict):
                found.add(f"{entry.get('type')} {entry.get('id')}")
    permission = PERMISSIONS[name]
    if f"Role {permission.id}" in found:
        return "Role"
    return "Scope" if f"Scope {permission.delegated_id}" in found else ""


def required_resource_access() -> list[dict[str, object]]:
    """The list as a manifest has it; `Role` is an application permission, `Scope` a delegated one."""
    asked = [{"id": permission.id, "type": "Role"} for permission in PERMISSIONS.values()]
    return [{"resourceAppId": GRAPH_APP_ID, "resourceAccess": asked}]
