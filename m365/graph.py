"""Microsoft Graph v1.0: what the portal reads of a tenant, what it may change there, and with which permission.

Paths and permissions as in Microsoft's pages "Get organization", "Get application", "Get servicePrincipal",
"application: addPassword" and "application: removePassword".
"""

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
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
from portal.core.logs import EventLog

log = EventLog(__name__)


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

    def add_password(self, client_id: UUID, name: str, ends: datetime) -> Mapping[str, Any]:
        """Make a secret of the application; the answer alone ever holds its value.

        Needs Application.ReadWrite.OwnedBy, and that the application owns itself.
        """
        wanted = {"displayName": name, "endDateTime": f"{ends.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}
        path = f"/applications(appId='{client_id}')/addPassword"
        return self._ask("POST", path, {"passwordCredential": wanted})

    def remove_password(self, client_id: UUID, key_id: UUID) -> None:
        """Remove a secret of the application. Needs the same as making one."""
        path = f"/applications(appId='{client_id}')/removePassword"
        self._ask("POST", path, {"keyId": str(key_id)})

    def _get(self, path: str) -> Mapping[str, Any]:
        return self._ask("GET", path)

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        try:
            return self._asked(method, path, body)
        except MicrosoftError as error:
            if error.answer.error != "InvalidAuthenticationToken" or self._renew is None:
                raise
        # Too old, or the clocks differ: one new token, then it is not the token.
        self._token, self._renew = self._renew(), None
        return self._asked(method, path, body)

    def _asked(self, method: str, path: str, sent: Mapping[str, Any] | None) -> Mapping[str, Any]:
        asked = {"Authorization": f"Bearer {self._token}", "client-request-id": str(uuid.uuid4())}
        reply = ask(method, self._url + path, headers=asked, json=sent)
        body = reply.document()
        if (reply.status_code == 200 and body and "error" not in body) or reply.status_code == 204:
            return body
        error = body.get("error")
        answer = Answer(
            status=reply.status_code,
            error=name_of_error(error.get("code")) if isinstance(error, dict) else "",
            trace_id=trace_id(reply.headers.get("request-id")),
            retry_after=retry_after(reply.headers),
        )
        log.info("graph.refused", status=answer.status, error=answer.error, trace_id=answer.trace_id)
        lasting = 400 <= reply.status_code < 500 and reply.status_code not in (408, 429) and answer.error
        raise (MicrosoftError if lasting else MicrosoftUnreachable)(answer)
