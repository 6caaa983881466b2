"""One live validation, start to outcome: sign in, then read what the portal needs to know.

In this order: shape, organisation, sign-in, the right tenant (a failure ends it), then permissions, organisation
details, application, its secret in use and that secret's end, where something missing on the customer's side is a
finding and the rest still runs. An answer that passes by itself ends it undecided.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings

from m365 import causes, clouds
from m365.causes import Cause
from m365.deadline import Deadline
from m365.entra import SignIn, claims, is_tenant, tenant_of
from m365.graph import Graph
from m365.http import Answer, MicrosoftError, MicrosoftUnreachable
from m365.inquiry import Inquiry
from m365.outcome import STEPS, Connection, Depth, Outcome, Progress, Step
from m365.shape import NOBODYS_TENANTS, as_guid, looks_like_a_secret

__all__ = ["STEPS", "Connection", "Depth", "Outcome", "Step", "validate"]

Result = TypeVar("Result")


class _Ended(Exception):
    """No later step makes sense."""


def validate(connection: Connection, progress: Progress, depth: Depth = Depth.FULL) -> Outcome:
    """Validate for real, telling each finished step to `progress`; raises nothing that Microsoft causes.

    NIGHTLY signs in and reads the application; it needs two calls to Microsoft unless the secret stands with the
    enterprise application, and leaves the organisation's name and domains unread. It takes M365_DEADLINE seconds at
    most, and is undecided if that was not enough. Raises ValueError for NIGHTLY without a tenant ID.
    """
    if depth is Depth.NIGHTLY and connection.tenant_id is None:
        raise ValueError("a tenant known by its domain only was never validated in full")
    with Deadline(settings.M365_DEADLINE):
        return _Run(connection, progress, depth).outcome()


class _Run:
    def __init__(self, connection: Connection, progress: Progress, depth: Depth) -> None:
        self.c, self.progress, self.full = connection, progress, depth is Depth.FULL
        self.result = Outcome(tenant_id=connection.tenant_id)

    def outcome(self) -> Outcome:
        try:
            with self._step("shape"):
                pass  # the form refused anything else; the row holds GUIDs and a domain
            said, graph = self._sign_in()
            self._compare_tenant(said)
            inquiry = Inquiry(self.c, self.result, graph, self._step)
            inquiry.compare_permissions(said)
            if self.full:
                inquiry.read_organisation()
            inquiry.read_application()
        except _Ended:
            pass
        except MicrosoftUnreachable as error:
            self.result.end(causes.of_no_answer(error.answer), error.answer, undecided=True)
        return self.result

    def _sign_in(self) -> tuple[Mapping[str, Any], Graph]:
        attempt = self._attempt(self.c.tenant_id or self.c.tenant_domain, known=not self.full)
        if self.full:
            with self._step("organisation") as step:
                self._compare_organisation(self._or_refused(attempt.find_organisation), step)
        with self._step("sign_in") as step:
            if not self.full:
                attempt.find_organisation()
            token = self._or_refused(attempt.get_token)
            step["note"] = "The secret fits the application"
        return claims(token), Graph(self.c.cloud, token, self._renewed_token)

    def _attempt(self, tenant: UUID | str | None, *, known: bool) -> SignIn:
        return SignIn(self.c.cloud, str(tenant), self.c.client_id, self.c.secret, known=known)

    def _renewed_token(self) -> str:
        again = self._attempt(self.result.tenant_id, known=True)
        again.find_organisation()
        return again.get_token()

    def _compare_organisation(self, document: Mapping[str, Any], step: Step) -> None:
        cloud, found = clouds.of_document(document), tenant_of(document)
        step["note"] = clouds.Cloud(self.c.cloud).label
        if cloud is None:
            self.result.find(causes.CLOUD_UNCLEAR)
        elif cloud != self.c.cloud:
            self._refuse(causes.WRONG_CLOUD)
        if self.c.tenant_id is None:
            self.result.tenant_id = found
            step["note"] = f"{self.c.tenant_domain} is {found}"
        if found in NOBODYS_TENANTS:
            self._refuse(causes.PERSONAL_ACCOUNTS)
        if found == self.c.client_id:
            self._refuse(causes.SAME_ID_TWICE)

    def _compare_tenant(self, said: Mapping[str, Any]) -> None:
        with self._step("tenant"):
            wanted = self.result.tenant_id
            if "tid" in said and as_guid(str(said["tid"])) != wanted:
                self._refuse(causes.OTHER_TENANT)
            if self.c.expected_tenant_id not in (None, wanted):
                self._refuse(causes.OTHER_TENANT)
            self.result.signed_in = True

    def _refuse(self, cause: Cause) -> None:
        self.result.end(cause, Answer())
        raise _Ended

    def _or_refused(self, call: Callable[[], Result]) -> Result:
        """The answer, or the end with the cause that Entra's refusal stands for."""
        try:
            return call()
        except MicrosoftUnreachable:
            raise
        except MicrosoftError as error:
            self.result.end(self._explained(causes.of_refused_sign_in(error.answer)), error.answer)
            raise _Ended from error

    def _explained(self, cause: Cause) -> Cause:
        """The same refusal with what the values themselves tell."""
        if cause is causes.UNKNOWN_TENANT:
            if self.full and is_tenant(self.c.cloud, self.c.client_id):
                return causes.SWAPPED_IDS
            return causes.UNKNOWN_DOMAIN if self.c.tenant_id is None else cause
        if cause is causes.UNKNOWN_APPLICATION and self.full and is_tenant(self.c.cloud, self.c.client_id):
            return causes.TENANT_FOR_CLIENT
        if cause is causes.WRONG_SECRET:
            if as_guid(self.c.secret.reveal()):
                return causes.SECRET_ID
            if not looks_like_a_secret(self.c.secret.reveal()):
                self.result.find(causes.UNUSUAL_SECRET)
        return cause

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
