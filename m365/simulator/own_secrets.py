"""Microsoft Graph: an application's own secrets, made and removed by whoever owns it.

"application: addPassword" and "application: removePassword" of Graph v1.0; codes of the tenant's policies as seen.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from m365.simulator.directory import Application, ServicePrincipal
from m365.simulator.entities import password_credential
from m365.simulator.values import is_guid
from m365.simulator.wire import Request

ACTIONS = frozenset({"addPassword", "removePassword"})
_ACTION = re.compile(r"(?P<key>.*)/(?P<action>addPassword|removePassword)")
_USUAL_LIFE = timedelta(days=730)

Refusal = Callable[[int, str, str], Exception]


def action_of(rest: str) -> tuple[str, str]:
    """What follows the collection in a path, apart: the key, and the action or nothing."""
    found = _ACTION.fullmatch(rest)
    return (found["key"], found["action"]) if found else (rest, "")


def may_write(application: Application, principal: ServicePrincipal, roles: set[str]) -> bool:
    """With the larger permission any application; with the smaller one those that the caller owns."""
    owned = principal.object_id in application.owners
    return "Application.ReadWrite.All" in roles or ("Application.ReadWrite.OwnedBy" in roles and owned)


def perform(
    application: Application, action: str, request: Request, refusal: Refusal
) -> Mapping[str, Any] | None:
    """Do it; the answer's document, or None for an answer without one. Raises what `refusal` makes."""
    try:
        asked = json.loads(request.body or b"{}")
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise refusal(400, "BadRequest", "Unable to read JSON request payload.")
    if action == "removePassword":
        _remove(application, asked.get("keyId"), refusal)
        return None
    return _add(application, asked.get("passwordCredential") or {}, refusal)


def _add(application: Application, wanted: Mapping[str, Any], refusal: Refusal) -> Mapping[str, Any]:
    now = application.tenant.directory.clock.now()
    ends = _moment(wanted.get("endDateTime")) or now + _USUAL_LIFE
    longest = application.longest_secret
    if longest == timedelta():
        raise refusal(
            400, "CredentialTypeNotAllowedAsPerAppPolicy", "Credential type not allowed as per policy."
        )
    if longest is not None and ends - now > longest + timedelta(minutes=5):
        raise refusal(
            400,
            "CredentialInvalidLifetimeAsPerAppPolicy",
            "Credential lifetime exceeds the max value allowed as per assigned policy.",
        )
    made = application.add_secret(
        name=wanted.get("displayName"),
        began_days_ago=0,
        ends_in_days=(ends - now) / timedelta(days=1),
        replicates_in_seconds=application.replicates_in.total_seconds(),
    )
    graph = application.tenant.directory.cloud.audience
    context = {"@odata.context": f"{graph}/v1.0/$metadata#microsoft.graph.passwordCredential"}
    return {**context, **password_credential(made), "secretText": made.value}


def _remove(application: Application, key_id: object, refusal: Refusal) -> None:
    known = next((secret for secret in application.secrets if secret.key_id == key_id), None)
    if not is_guid(str(key_id)) or known is None:
        raise refusal(400, "Request_BadRequest", f"No password credential found with keyId '{key_id}'.")
    application.secrets.remove(known)


def _moment(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    read = datetime.fromisoformat(text)
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
