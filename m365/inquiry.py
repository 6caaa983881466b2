"""What Graph says once the sign-in worked: organisation, application, the secret in use. A lack is a finding."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from m365 import causes, entra_roles
from m365.causes import Cause
from m365.graph import Graph
from m365.http import MicrosoftError, MicrosoftUnreachable, readable
from m365.matching import KnownCredential, Unreadable, candidates
from m365.outcome import Connection, Outcome, Step
from m365.permissions import APPLICATION_READ, ORGANIZATION_READ, missing_permissions, requested_as
from portal.core import clock
from portal.core.logs import EventLog

log = EventLog(__name__)


class Inquiry:
    """Fills the outcome; every method raises MicrosoftUnreachable when there is no usable answer."""

    def __init__(
        self,
        connection: Connection,
        result: Outcome,
        graph: Graph,
        step: Callable[[str], AbstractContextManager[Step]],
    ) -> None:
        self.c, self.result, self._graph, self._step = connection, result, graph, step
        self._missing: list[str] = []

    def compare_permissions(self, said: Mapping[str, Any]) -> None:
        """With the `roles` that the token carries; what a missing one means is said once the application is read."""
        with self._step("permissions") as step:
            self.result.roles = _texts(said.get("roles"))
            self.result.entra_roles = entra_roles.held(_texts(said.get("wids")))
            self._missing = missing_permissions(self.result.roles)
            if self._missing:
                step.update(state="warn", note=f"Missing: {', '.join(self._missing)}")

    def read_organisation(self) -> None:
        with self._step("details") as step:
            body = self._or_finding(self._graph.organization, ORGANIZATION_READ, step)
            if body:
                self._keep_organisation(body)
                step["note"] = self.result.tenant_name

    def read_application(self) -> None:
        with self._step("application") as step:
            app = self._or_finding(lambda: self._graph.application(self.c.client_id), APPLICATION_READ, step)
            if app:
                self.result.app_name = step["note"] = readable(app.get("displayName"))
            self._explain_missing(app or {})
        with self._step("credential") as step:
            found = self.result.matches = self._credentials(app, step)
        with self._step("expiry") as step:
            if found is None or len(found) != 1:
                step.update(state="warn", note="unknown")
            else:
                step["note"] = f"{found[0].ends:%Y-%m-%d}"

    def _explain_missing(self, app: Mapping[str, Any]) -> None:
        """Was it never added, added as delegated, or does it wait for consent? The registration tells."""
        for permission in self._missing:
            kind = requested_as(app, permission)
            if kind == "Role" or not self.result.roles:
                cause = causes.CONSENT_MISSING
            elif kind == "Scope":
                cause = causes.DELEGATED_PERMISSION
            else:
                cause = causes.PERMISSION_MISSING
            self.result.find(cause, permission)

    def _credentials(self, app: Mapping[str, Any] | None, step: Step) -> list[KnownCredential] | None:
        """Which of the tenant's credentials may be the one in use; None when they cannot be read."""
        if app is None:
            step.update(state="warn", note="unknown")
            return None
        hint, at = self.c.secret.reveal()[:3], clock.now()
        found = credentials_of(app, hint, at)
        if not found:
            principal = self._or_finding(
                lambda: self._graph.service_principal(self.c.client_id), APPLICATION_READ, step
            )
            found = credentials_of(principal or {}, hint, at)
        if len(found) == 1:
            step["note"] = found[0].name
        else:
            step.update(state="warn", note="unknown" if not found else f"{len(found)} secrets match")
        return found

    def _keep_organisation(self, body: Mapping[str, Any]) -> None:
        self.result.tenant_name = readable(body.get("displayName"))
        self.result.domains_read_at = clock.now()
        domains = body.get("verifiedDomains")
        self.result.domains = [
            {
                "name": readable(domain.get("name")),
                "initial": bool(domain.get("isInitial")),
                "default": bool(domain.get("isDefault")),
            }
            for domain in (domains if isinstance(domains, list) else [])
            if isinstance(domain, dict) and readable(domain.get("name"))
        ]

    def _or_finding(
        self, call: Callable[[], Mapping[str, Any]], permission: str, step: Step
    ) -> Mapping[str, Any] | None:
        """What Graph gives, or None and a finding when it refuses."""
        try:
            return call()
        except MicrosoftUnreachable:
            raise
        except MicrosoftError as error:
            self.result.answer = error.answer
            self._note_refusal(causes.of_refused_reading(error.answer), permission, step)
            return None

    def _note_refusal(self, cause: Cause, permission: str, step: Step) -> None:
        about_permissions = cause in causes.ABOUT_PERMISSIONS
        step.update(state="warn", note=f"needs {permission}" if about_permissions else "")
        if not about_permissions:
            self.result.find(cause)
        elif permission not in self._missing:  # the token carries it, and Graph denies all the same
            self.result.find(cause, permission)


def credentials_of(holder: Mapping[str, Any], hint: str, at: datetime) -> list[KnownCredential]:
    """Which of its credentials may be ours; none when one of them cannot be read, for that could be the one."""
    try:
        return candidates(holder.get("passwordCredentials") or [], hint, at)
    except Unreadable:
        log.warning("graph.unreadable", object=readable(holder.get("id"), 60))
        return []


def _texts(claim: object) -> list[str]:
    return sorted(text for one in (claim if isinstance(claim, list) else []) if (text := readable(one)))
