"""Sign in to a tenant as an app registration: one attempt with fresh caches, so that the answer is of now.

MSAL for Python 1.39.0 answers from its token cache whatever the secret, hides a throttled or failed answer behind
ValueError, and writes what it cannot read to its log. So each attempt has an app of its own, and each answer is
judged before MSAL sees it: MSAL gets good answers only, reduced to what it needs.
"""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msal

from m365.causes import PASSING_CODES
from m365.clouds import endpoints, login_urls
from m365.http import (
    Answer,
    HostRefused,
    MicrosoftError,
    MicrosoftUnreachable,
    Reply,
    ask,
    name_of_error,
    retry_after,
    trace_id,
)
from portal.core.secrets import Secret

FOREIGN_TOKEN_ENDPOINT = "foreign_token_endpoint"  # noqa: S105 - what `Answer.error` says, no token


class SignIn:
    """One attempt: first `find_organisation`, then `get_token`.

    Both raise MicrosoftError for a lasting refusal and MicrosoftUnreachable for what passes by itself. For a tenant
    that was found once, `known` leaves the discovery call out: then `find_organisation` asks nobody.
    """

    def __init__(
        self, cloud: str, tenant: str, client_id: UUID, secret: Secret, *, known: bool = False
    ) -> None:
        self._endpoints = endpoints(cloud)
        self._tenant, self._client_id, self._secret = tenant, client_id, secret
        self._http = (_KnownTenant if known else _Judge)(self._endpoints.login)
        self._app: msal.ConfidentialClientApplication | None = None

    def find_organisation(self) -> Mapping[str, Any]:
        """The tenant's discovery document; its token endpoint is one of Microsoft's."""
        self._app = msal.ConfidentialClientApplication(
            str(self._client_id),
            client_credential=self._secret.reveal(),
            authority=f"{self._endpoints.login}/{self._tenant}",
            http_client=self._http,
            instance_discovery=False,
            azure_region=False,
        )
        return self._http.document

    def get_token(self) -> str:
        """An access token for Graph, never to be stored."""
        if self._app is None:
            raise RuntimeError("find_organisation comes first")
        body = self._app.acquire_token_for_client(scopes=[self._endpoints.scope])
        return str(body["access_token"])


class _Judge:
    """The HTTP client that MSAL is given: raises for everything but a usable answer.

    Whatever a discovery document says, the secret goes to the login host of the chosen cloud.
    """

    def __init__(self, login: str) -> None:
        self._login = login
        self.document: Mapping[str, Any] = {}

    def get(self, url: str, **kwargs: Any) -> Reply:
        reply = _ask("GET", url, **kwargs)
        document = reply.document()
        if reply.status_code != 200 or not isinstance(document.get("token_endpoint"), str):
            raise _refusal(reply)
        if not any(document["token_endpoint"].startswith(f"{login}/") for login in login_urls()):
            raise MicrosoftError(Answer(error=FOREIGN_TOKEN_ENDPOINT))
        tenant = tenant_of(document)
        if tenant is None:
            raise MicrosoftUnreachable(Answer(reply.status_code))
        self.document = document
        return _endpoints(f"{self._login}/{tenant}")

    def post(self, url: str, **kwargs: Any) -> Reply:
        reply = _ask("POST", url, **kwargs)
        token = reply.document().get("access_token")
        if reply.status_code != 200 or not isinstance(token, str) or not token:
            raise _refusal(reply)
        return _json({"token_type": "Bearer", "expires_in": 3599, "access_token": token})

    def close(self) -> None:
        """The session is shared and stays open."""


class _KnownTenant(_Judge):
    """Answers MSAL's question for the discovery document itself, so that a sign-in is one call.

    Only for a tenant whose document was read before: its endpoints follow from its ID, and the token endpoint says
    itself when the tenant is gone.
    """

    def get(self, url: str, **kwargs: Any) -> Reply:
        return _endpoints(url.partition("/v2.0/")[0])


def _endpoints(tenant_url: str) -> Reply:
    """What MSAL needs of a discovery document, never more; the first one it does not ask in this flow."""
    return _json(
        {
            "authorization_endpoint": f"{tenant_url}/oauth2/v2.0/authorize",
            "token_endpoint": f"{tenant_url}/oauth2/v2.0/token",
        }
    )


def _json(document: Mapping[str, Any]) -> Reply:
    return Reply(200, json.dumps(document))


def _ask(method: str, url: str, **kwargs: Any) -> Reply:
    try:
        return ask(method, url, **kwargs)
    except HostRefused as error:
        raise MicrosoftError(Answer(error=FOREIGN_TOKEN_ENDPOINT)) from error


def _refusal(reply: Reply) -> MicrosoftError:
    """What an answer that is not usable means: lasting only if it is a 4xx in Entra's own form."""
    body = reply.document()
    answer = Answer(
        status=reply.status_code,
        error=name_of_error(body.get("error")),
        codes=_codes(body),
        trace_id=trace_id(body.get("trace_id")),
        retry_after=retry_after(reply.headers),
    )
    lasting = (
        400 <= reply.status_code < 500
        and reply.status_code not in (408, 429)
        and (answer.error or answer.codes)
        and answer.error != "temporarily_unavailable"
        and not PASSING_CODES.intersection(answer.codes)
    )
    return (MicrosoftError if lasting else MicrosoftUnreachable)(answer)


def _codes(body: Mapping[str, Any]) -> tuple[int, ...]:
    given = body.get("error_codes")
    codes = [code for code in given if type(code) is int] if isinstance(given, list) else []
    if not codes:  # some flows leave them out; then, and only then, the text is searched for the number
        codes = [
            int(code) for code in re.findall(r"AADSTS(\d{4,9})\b", str(body.get("error_description", "")))[:1]
        ]
    return tuple(codes[:5])


def is_tenant(cloud: str, tenant_id: UUID) -> bool:
    """Whether a tenant has this ID; False, too, when nobody answers."""
    url = f"{endpoints(cloud).login}/{tenant_id}/v2.0/.well-known/openid-configuration"
    try:
        reply = ask("GET", url)
    except (HostRefused, MicrosoftUnreachable):
        return False
    return reply.status_code == 200 and tenant_of(reply.document()) == tenant_id


def tenant_of(document: Mapping[str, Any]) -> UUID | None:
    """The tenant's GUID, which stands in the path of its token endpoint however the tenant was asked for."""
    try:
        return UUID(urlsplit(str(document.get("token_endpoint"))).path.split("/")[1])
    except (IndexError, ValueError):
        return None


def claims(token: str) -> Mapping[str, Any]:
    """What the token says of itself, for diagnosis only; empty when it cannot be read, which is no error."""
    try:
        payload = token.split(".")[1]
        read = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}
