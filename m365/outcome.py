"""What is validated, step by step, and what came of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from m365 import causes
from m365.causes import Cause
from m365.http import Answer
from m365.matching import KnownCredential
from portal.core.secrets import Secret

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
Step = dict[str, Any]
Progress = Callable[[list[Step]], None]


class Depth(Enum):
    """How much is asked. NIGHTLY is for a connection that was validated in full once: two calls, no discovery."""

    FULL = "full"
    NIGHTLY = "nightly"


@dataclass(frozen=True)
class Connection:
    """What is validated. The tenant is an ID, or, as long as nobody knows it, a domain."""

    cloud: str
    tenant_id: UUID | None
    client_id: UUID
    secret: Secret
    expected_tenant_id: UUID | None = None
    tenant_domain: str = ""


@dataclass
class Outcome:
    """What came of it; what could not be read is empty, never guessed."""

    steps: list[Step] = field(default_factory=list)
    cause: Cause = causes.OK
    findings: list[dict[str, str]] = field(default_factory=list)
    undecided: bool = False
    signed_in: bool = False
    answer: Answer = field(default_factory=Answer)
    tenant_id: UUID | None = None  # as discovery gave it
    roles: list[str] = field(default_factory=list)
    entra_roles: list[str] = field(default_factory=list)
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

    def told(self, took_ms: int) -> dict[str, Any]:
        """What the log says of it."""
        said = self.answer
        microsofts = {
            "status": said.status,
            "error": said.error,
            "codes": said.codes,
            "trace_id": said.trace_id,
        }
        return {"cause": self.cause.name, "ms": took_ms, **microsofts}

    def find(self, cause: Cause, permission: str = "") -> None:
        finding = {"cause": cause.name, "permission": permission}
        if finding not in self.findings:
            self.findings.append(finding)

    def end(self, cause: Cause, answer: Answer, *, undecided: bool = False) -> None:
        self.cause, self.answer, self.signed_in, self.undecided = cause, answer, False, undecided
