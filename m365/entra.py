"""Sign in to a tenant as an app registration: one attempt with fresh caches, so that the answer is of now.

MSAL for Python 1.39.0 answers from its token cache whatever the secret, and hides a throttled or failed answer
behind ValueError; so each attempt has an app of its own, and the recorded answer is judged, not the exception.
"""

import base64
import io
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import msal
import requests
from msal.exceptions import MsalError

from m365.causes import UNREACHABLE
from m365.clouds import endpoints
from m365.http import Answer, HostRefused, MicrosoftError, MicrosoftUnreachable, Recorder, retry_after
from portal.core.secrets import Secret

Result = TypeVar("Result")


class _KnownTenant(Recorder):
    """Answers MSAL's question for the discovery document itself, so that a sign-in is one call.

    Only for a tenant whose document was read before: its endpoints follow from its ID, and the token endpoint says
    itself when the tenant is gone.
    """

    def get(self, url: str, **kwargs: Any) -> requests.Response:
        tenant_url = url.partition("/v2.0/")[0]
        endpoints = {name: f"{tenant_url}/oauth2/v2.0/{name}" for name in ("authorize", "token")}
        answer = requests.Response()
        answer.status_code = 200
        answer.raw = io.BytesIO(
            json.dumps(
                {"authorization_endpoint": endpoints["authorize"], "token_endpoint": endpoints["token"]}
            ).encode()
        )
        self.last = answer
        return answer


class SignIn:
    """One attempt: first `find_organisation`, then `get_token`.

    Both raise MicrosoftError for a lasting refusal and MicrosoftUnreachable for what passes by itself. For a tenant
    that was found once, `known` leaves the discovery call out: then `find_organisation` asks nobody.
    """

    def __init__(
        self, cloud: str, tenant_id: UUID, client_id: UUID, secret: Secret, *, known: bool = False
    ) -> None:
        self._endpoints = endpoints(cloud)
        self._tenant_id, self._client_id, self._secret = tenant_id, client_id, secret
        self._http = _KnownTenant() if known else Recorder()
        self._app: msal.ConfidentialClientApplication | None = None

    def find_organisation(self) -> Mapping[str, Any]:
        """Read the tenant's discovery document and return it; its token endpoint is one of Microsoft's."""
        self._app = self._judged(self._make_app)
        document = self._json() or {}
        if urlsplit(str(document.get("token_endpoint"))).netloc != urlsplit(self._endpoints.login).netloc:
            raise MicrosoftError(Answer(error="foreign_token_endpoint"))
        return document

    def get_token(self) -> str:
        """An access token for Graph, never to be stored."""
        app = self._app
        if app is None:
            raise RuntimeError("find_organisation comes first")
        body = self._judged(lambda: app.acquire_token_for_client(scopes=[self._endpoints.scope]))
        if "access_token" not in body:
            raise self._error()
        return str(body["access_token"])

    def _make_app(self) -> msal.ConfidentialClientApplication:
        return msal.ConfidentialClientApplication(
            str(self._client_id),
            client_credential=self._secret.reveal(),
            authority=f"{self._endpoints.login}/{self._tenant_id}",
            http_client=self._http,
            instance_discovery=False,
            azure_region=False,
        )

    def _judged(self, call: Callable[[], Result]) -> Result:
        try:
            return call()
        except HostRefused as error:
            raise MicrosoftError(Answer(error="foreign_token_endpoint")) from error
        except requests.RequestException as error:
            raise MicrosoftUnreachable(Answer()) from error
        except (MsalError, ValueError, KeyError):
            # From here on the answer itself speaks. MSAL's exception quotes the raw answer: leave it out.
            raise self._error() from None

    def _json(self) -> dict[str, Any] | None:
        try:
            body = self._http.last.json() if self._http.last is not None else None
        except ValueError:
            return None
        return body if isinstance(body, dict) else None

    def _error(self) -> MicrosoftError:
        response, body = self._http.last, self._json() or {}
        if response is None:
            return MicrosoftUnreachable(Answer())
        answer = Answer(
            status=response.status_code,
            error=str(body.get("error", "")),
            codes=_codes(body),
            trace_id=str(body.get("trace_id", "")),
            retry_after=retry_after(response),
        )
        passes = (
            response.status_code == 429
            or response.status_code >= 500
            or answer.error == "temporarily_unavailable"
            or bool(set(UNREACHABLE.codes).intersection(answer.codes))
            or not (answer.error or answer.codes)
        )
        return (MicrosoftUnreachable if passes else MicrosoftError)(answer)


def _codes(body: Mapping[str, Any]) -> tuple[int, ...]:
    given = body.get("error_codes")
    codes = [code for code in given if isinstance(code, int)] if isinstance(given, list) else []
    if not codes:  # some flows leave them out; then, and only then, the text is searched for the number
        codes = [
            int(code) for code in re.findall(r"AADSTS(\d{4,9})", str(body.get("error_description", "")))[:1]
        ]
    return tuple(codes)


def claims(token: str) -> Mapping[str, Any]:
    """What the token says of itself, for diagnosis only; empty when it cannot be read, which is no error."""
    try:
        payload = token.split(".")[1]
        read = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}
