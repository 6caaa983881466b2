"""One live validation, start to outcome: sign in, then read what the portal needs to know.

In this order: shape, organisation, sign-in, the right tenant (a failure ends it), then permissions, organisation
details, application, its secret in use and that secret's end, where something missing on the customer's side is a
finding and the rest still runs. An answer that passes by itself ends it undecided.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings

from m365 import causes
from m365.causes import Cause
from m365.deadline import Deadline
from m365.entra import SignIn, claims
from m365.graph import APPLICATION_READ, ORGANIZATION_READ, Graph, missing_permissions
from m365.http import Answer, MicrosoftError, MicrosoftUnreachable, readable
from m365.matching import KnownCredential, Unreadable, candidates
from portal.core import clock
from portal.core.secrets import Secret

log = logging.getLogger(__name__)

# Step by step as pages show them: name, what it says once done.
STEPS = {
    "shape": "The three values have the right shape",
    "organisation": "Organisation found",
    "sign_in": "Sign-in accepted",
    "tenant": "Tenant compared",
    "permissions": "Permissions compared",
    "details": "Organisation read",
    "application": "Application read",
    "credential": "Secret in use looked up",
    "expiry": "End of the secret looked up",
}


class Depth(Enum):
    """How much is asked. NIGHTLY is for a connection that was validated in full once: two calls, no discovery."""

    FULL = "full"
    NIGHTLY = "nightly"


Result = TypeVar("Result")
Step = dict[str, Any]
Progress = Callable[[list[Step]], None]


@dataclass(frozen=True)
class Connection:
    """What is validated."""

    cloud: str
    tenant_id: UUID
    client_id: UUID
    secret: Secret
    expected_tenant_id: UUID | None = None


@dataclass
class Outcome:
    """What came of it; what could not be read is empty, never guessed."""

    steps: list[Step] = field(default_factory=list)
    cause: Cause = causes.OK
    findings: list[dict[str, str]] = field(default_factory=list)
    undecided: bool = False
    signed_in: bool = False
    answer: Answer = field(default_factory=Answer)
    roles: list[str] = field(default_factory=list)
    tenant_name: str = ""
    domains: list[dict[str, Any]] = field(default_factory=list)
    domains_read_at: datetime | None = None
    app_name: str = ""
    matches: list[KnownCredential] | None = None  # None: could not be read

    @property
    def found(self) -> Cause:
        """Why it is no better: the cause of a refusal, else of the first finding, else OK."""
        if self.signed_in and self.findings:
            return causes.CATALOGUE[self.findings[0]["cause"]]
        return self.cause

    def find(self, cause: Cause, permission: str = "") -> None:
        finding = {"cause": cause.name, "permission": permission}
        if finding not in self.findings:
            self.findings.append(finding)


class _Ended(Exception):
    """No later step makes sense."""


def validate(connection: Connection, progress: Progress, depth: Depth = Depth.FULL) -> Outcome:
    """Validate for real, telling each finished step to `progress`; raises nothing that Microsoft causes.

    NIGHTLY signs in and reads the application; it needs two calls to Microsoft unless the secret stands with the
    enterprise application, and leaves the organisation's name and domains unread. It takes M365_DEADLINE seconds at
    most, and is undecided if that was not enough.
    """
    with Deadline(settings.M365_DEADLINE):
        return _Run(connection, progress, depth).outcome()


class _Run:
    def __init__(self, connection: Connection, progress: Progress, depth: Depth) -> None:
        self.c, self.progress, self.full = connection, progress, depth is Depth.FULL
        self.result = Outcome()

    def outcome(self) -> Outcome:
        try:
            with self._step("shape"):
                pass  # the form refused anything else; the row holds two GUIDs
            said, graph = self._sign_in()
            self._compare_tenant(said)
            self._compare_permissions(said)
            if self.full:
                self._read_organisation(graph)
            self._read_application(graph)
        except _Ended:
            pass
        except MicrosoftUnreachable as error:
            self._end(causes.UNREACHABLE, error.answer)
            self.result.undecided = True
        return self.result

    def _sign_in(self) -> tuple[Mapping[str, Any], Graph]:
        attempt = SignIn(self.c.cloud, self.c.tenant_id, self.c.client_id, self.c.secret, known=not self.full)
        if self.full:
            with self._step("organisation"):
                self._or_refused(attempt.find_organisation)
        with self._step("sign_in") as step:
            if not self.full:
                self._or_refused(attempt.find_organisation)
            token = self._or_refused(attempt.get_token)
            step["note"] = "The secret fits the application"
        return claims(token), Graph(self.c.cloud, token)

    def _compare_tenant(self, said: Mapping[str, Any]) -> None:
        with self._step("tenant"):
            tenant = str(said.get("tid", self.c.tenant_id))
            if tenant != str(self.c.tenant_id) or self.c.expected_tenant_id not in (None, self.c.tenant_id):
                self._end(causes.OTHER_TENANT, Answer())
                raise _Ended
            self.result.signed_in = True

    def _compare_permissions(self, said: Mapping[str, Any]) -> None:
        with self._step("permissions") as step:
            self.result.roles = _texts(said.get("roles"))
            missing = missing_permissions(self.result.roles)
            for permission in missing:
                self.result.find(causes.PERMISSION_MISSING, permission)
            if missing:
                step.update(state="warn", note=f"Missing: {', '.join(missing)}")

    def _read_organisation(self, graph: Graph) -> None:
        with self._step("details") as step:
            body = self._or_finding(graph.organization, ORGANIZATION_READ, step)
            if body:
                self._keep_organisation(body)
                step["note"] = self.result.tenant_name

    def _read_application(self, graph: Graph) -> None:
        with self._step("application") as step:
            app = self._or_finding(lambda: graph.application(self.c.client_id), APPLICATION_READ, step)
            if app:
                self.result.app_name = step["note"] = readable(app.get("displayName"))
        with self._step("credential") as step:
            found = self._credentials(app, graph, step)
        with self._step("expiry") as step:
            if found is None or len(found) != 1:
                step.update(state="warn", note="unknown")
            else:
                step["note"] = f"{found[0].ends:%Y-%m-%d}"
        self.result.matches = found

    def _credentials(
        self, app: Mapping[str, Any] | None, graph: Graph, step: Step
    ) -> list[KnownCredential] | None:
        """Which of the tenant's credentials may be the one in use; None when they cannot be read."""
        if app is None:
            step.update(state="warn", note="unknown")
            return None
        hint, at = self.c.secret.reveal()[:3], clock.now()
        found = _readable(app, hint, at)
        if not found:
            principal = self._or_finding(
                lambda: graph.service_principal(self.c.client_id), APPLICATION_READ, step
            )
            found = _readable(principal or {}, hint, at)
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

    def _or_refused(self, call: Callable[[], Result]) -> Result:
        """The answer, or the end with the cause that Entra's refusal stands for."""
        try:
            return call()
        except MicrosoftUnreachable:
            raise
        except MicrosoftError as error:
            self._end(causes.of_refused_sign_in(error.answer), error.answer)
            raise _Ended from error

    def _or_finding(
        self, call: Callable[[], Mapping[str, Any]], permission: str, step: Step
    ) -> Mapping[str, Any] | None:
        """What Graph gives, or None and a finding when it refuses."""
        try:
            return call()
        except MicrosoftUnreachable:
            raise
        except MicrosoftError as error:
            cause = causes.of_refused_reading(error.answer)
            self.result.find(cause, permission if cause is causes.PERMISSION_MISSING else "")
            self.result.answer = error.answer
            step.update(
                state="warn", note=f"needs {permission}" if cause is causes.PERMISSION_MISSING else ""
            )
            return None

    @contextmanager
    def _step(self, name: str) -> Iterator[Step]:
        step: Step = {"name": name, "state": "ok", "ms": 0, "note": ""}
        began = time.monotonic()
        try:
            yield step
        except MicrosoftUnreachable:
            step["state"] = "wait"
            raise
        except (MicrosoftError, _Ended):
            step["state"] = "err"
            raise
        finally:
            step["ms"] = round((time.monotonic() - began) * 1000)
            self.result.steps.append(step)
            self.progress(self.result.steps)

    def _end(self, cause: Cause, answer: Answer) -> None:
        self.result.cause, self.result.answer, self.result.signed_in = cause, answer, False


def _readable(application: Mapping[str, Any], hint: str, at: datetime) -> list[KnownCredential]:
    """Which credentials may be ours; none when one of them cannot be read, for that could be the one."""
    try:
        return candidates(application.get("passwordCredentials") or [], hint, at)
    except Unreadable:
        log.warning("the credentials of application %s cannot be read", readable(application.get("id"), 60))
        return []


def _texts(value: object) -> list[str]:
    return sorted(text for one in (value if isinstance(value, list) else []) if (text := readable(one)))
