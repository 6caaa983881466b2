"""Microsoft Graph v1.0: what the portal reads of a tenant, and with which permission.

Paths and permissions as in Microsoft's pages "Get organization", "Get application" and "Get servicePrincipal".
"""

import logging
import uuid
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from m365.clouds import endpoints
from m365.http import (
    Answer,
    MicrosoftError,
    MicrosoftUnreachable,
    ask,
    name_of_error,
    retry_after,
    trace_id,
)

log = logging.getLogger(__name__)

ORGANIZATION_READ = "Organization.Read.All"
APPLICATION_READ = "Application.Read.All"
# Each permission the portal asks for, and why; guide, wizard and comparison read this one list.
PERMISSIONS: dict[str, str] = {
    ORGANIZATION_READ: "your organisation’s name and verified domains",
    APPLICATION_READ: "when the client secret ends, to remind you in time",
}
# Permissions that include the one we ask for; an organisation may have granted these instead.
INCLUDED_IN: dict[str, frozenset[str]] = {
    ORGANIZATION_READ: frozenset(
        {"Organization.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
    ),
    APPLICATION_READ: frozenset(
        {"Application.ReadWrite.OwnedBy", "Application.ReadWrite.All", "Directory.Read.All"}
    ),
}
# Ids of the permissions in an app registration, the same in every tenant, as published code has them: the application
# permission, which is what we ask for, and the delegated one of the same name (not confirmed by documentation).
_ROLE_IDS = {
    ORGANIZATION_READ: "498476ce-e0fe-48b0-b801-37ba7e2685c6",
    APPLICATION_READ: "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
}
_SCOPE_IDS = {
    ORGANIZATION_READ: "4908d5b9-3fb2-4b1e-9336-1888b7937185",
    APPLICATION_READ: "c79f8feb-a9db-4090-85f9-90d820caa0eb",
}


def requested_as(application: Mapping[str, Any], permission: str) -> str:
    """How the registration asks for a permission: `Role` (application), `Scope` (delegated), or "" for not at all."""
    asked = application.get("requiredResourceAccess")
    found: set[str] = set()
    for resource in asked if isinstance(asked, list) else []:
        entries = resource.get("resourceAccess") if isinstance(resource, dict) else None
        for entry in entries if isinstance(entries, list) else []:
            if isinstance(entry, dict):
                found.add(f"{entry.get('type')} {entry.get('id')}")
    if f"Role {_ROLE_IDS[permission]}" in found:
        return "Role"
    return "Scope" if f"Scope {_SCOPE_IDS[permission]}" in found else ""


def missing_permissions(roles: list[str]) -> list[str]:
    """Which of the permissions asked for a token with these roles does not carry."""
    held = set(roles)
    return [name for name in PERMISSIONS if name not in held and not held & INCLUDED_IN[name]]


class Graph:
    """Graph as one token sees it; `renew` gets another one, should Graph refuse the first.

    Every call raises MicrosoftError for a lasting refusal and MicrosoftUnreachable for what passes by itself.
    """

    def __init__(self, cloud: str, token: str, renew: Callable[[], str] | None = None) -> None:
        self._url = f"{endpoints(cloud).graph}/v1.0"
        self._token, self._renew = token, renew

    def organization(self) -> Mapping[str, Any]:
        """The tenant's name and verified domains; needs Organization.Read.All."""
        body = self._get("/organization?$select=id,displayName,verifiedDomains")
        found = body.get("value")
        if not isinstance(found, list) or not found or not isinstance(found[0], dict):
            raise MicrosoftUnreachable(Answer(status=200, error="no_organization"))
        return found[0]

    def application(self, client_id: UUID) -> Mapping[str, Any]:
        """The registration and its password credentials; needs Application.Read.All.

        By `appId`: the id in `/applications/{id}` is the object id, and a client id there is a 404.
        """
        return self._get(
            f"/applications(appId='{client_id}')?$select=id,appId,displayName,passwordCredentials,"
            "requiredResourceAccess"
        )

    def service_principal(self, client_id: UUID) -> Mapping[str, Any]:
        """The enterprise application and its password credentials; needs Application.Read.All."""
        return self._get(f"/servicePrincipals(appId='{client_id}')?$select=id,appId,passwordCredentials")

    def _get(self, path: str) -> Mapping[str, Any]:
        try:
            return self._asked(path)
        except MicrosoftError as error:
            if error.answer.error != "InvalidAuthenticationToken" or self._renew is None:
                raise
        # Too old, or the clocks differ: one new token, then it is not the token.
        self._token, self._renew = self._renew(), None
        return self._asked(path)

    def _asked(self, path: str) -> Mapping[str, Any]:
        asked = {"Authorization": f"Bearer {self._token}", "client-request-id": str(uuid.uuid4())}
        reply = ask("GET", self._url + path, headers=asked)
        body = reply.document()
        if reply.status_code == 200 and body and "error" not in body:
            return body
        error = body.get("error")
        answer = Answer(
            status=reply.status_code,
            error=name_of_error(error.get("code")) if isinstance(error, dict) else "",
            trace_id=trace_id(reply.headers.get("request-id")),
            retry_after=retry_after(reply.headers),
        )
        log.info("Graph answered %s %s, its request-id %s", answer.status, answer.error, answer.trace_id)
        lasting = 400 <= reply.status_code < 500 and reply.status_code not in (408, 429) and answer.error
        raise (MicrosoftError if lasting else MicrosoftUnreachable)(answer)
