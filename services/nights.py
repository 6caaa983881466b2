"""The account of a nightly run, as far as an operator sees it: how many connections ended in which state."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self
from uuid import UUID

from django.db.models import Count, QuerySet

from m365 import causes
from m365.models import CheckItem, ConnectionState, NightlyRun, RunTally
from m365.models.nightly import DISCONNECTED
from portal.core.tenancy import Operator

SHAPES = {
    ConnectionState.OK: "ok",
    ConnectionState.OK_WITH_FINDINGS: "warn",
    ConnectionState.EXPIRED: "err",
    ConnectionState.SECRET_REJECTED: "err",
    ConnectionState.APP_NOT_FOUND: "err",
    ConnectionState.ACCESS_LOST: "err",
    ConnectionState.CANNOT_READ_EXPIRY: "unknown",
    ConnectionState.TENANT_UNREACHABLE: "wait",
    ConnectionState.NOT_CHECKED: "warn",
}
# As pages list them: what works first, what nobody knows last.
ORDER = [
    ConnectionState.OK,
    ConnectionState.OK_WITH_FINDINGS,
    ConnectionState.EXPIRED,
    ConnectionState.SECRET_REJECTED,
    ConnectionState.APP_NOT_FOUND,
    ConnectionState.ACCESS_LOST,
    ConnectionState.CANNOT_READ_EXPIRY,
    ConnectionState.TENANT_UNREACHABLE,
    ConnectionState.NOT_CHECKED,
]
_WHY = {
    "": "Their turn did not come before the end of the run.",
    DISCONNECTED: "Disconnected or suspended while the run went on.",
    causes.OUR_FAULT.name: "Something is wrong on our side; the log has the details.",
}


@dataclass
class Account:
    """One run in numbers. Items that wait or are being worked on have no state yet."""

    run: NightlyRun
    states: Counter[ConnectionState] = field(default_factory=Counter)
    unchecked_by_cause: Counter[str] = field(default_factory=Counter)
    waiting: int = 0

    @classmethod
    def of(cls, run: NightlyRun, operator: Operator) -> Self:
        return accounts([run], operator)[run.pk]  # type: ignore[return-value] # cls has no subclass

    def add(self, state: int | None, cause: str, count: int) -> None:
        if state is None:
            self.waiting += count
            return
        self.states[ConnectionState(state)] += count
        if state == ConnectionState.NOT_CHECKED:
            self.unchecked_by_cause[cause] += count

    @property
    def total(self) -> int:
        return self.states.total() + self.waiting

    @property
    def not_checked(self) -> int:
        return self.states[ConnectionState.NOT_CHECKED]

    @property
    def checked(self) -> int:
        return self.states.total() - self.not_checked

    @property
    def minutes(self) -> int | None:
        """How long it took, rounded up; None while it runs."""
        if self.run.finished_at is None:
            return None
        return -((self.run.began_at - self.run.finished_at) // timedelta(minutes=1))

    @property
    def why_unchecked(self) -> list[tuple[int, str]]:
        """How many were not checked for which reason, the most frequent first."""
        return [(count, why_unchecked(cause)) for cause, count in self.unchecked_by_cause.most_common()]


def why_unchecked(cause: str) -> str:
    """Why an item ended *not checked*, in operators' words."""
    if cause in _WHY:
        return _WHY[cause]
    known = causes.CATALOGUE.get(cause)
    if known and known.fault is causes.Fault.US:
        return _WHY[causes.OUR_FAULT.name]
    if known and known.passes:
        return "Microsoft asked to wait, or gave no usable answer, until the end of the run."
    return "Refused at the first look; the second one would have come after the end of the run."


def accounts(runs: Sequence[NightlyRun], operator: Operator) -> dict[UUID, Account]:
    """The account of each run, by its id, of the operator's channels; one query for finished runs, one for others."""
    found = {run.pk: Account(run) for run in runs}
    finished = [run for run in runs if run.finished_at]
    running = [run for run in runs if not run.finished_at]
    counted: list[Iterable[tuple[UUID, int | None, str, int]]] = []
    if finished:
        tallies = RunTally.objects.managed_by(operator).filter(run__in=finished)
        counted.append(tallies.values_list("run_id", "state", "cause_name", "count"))
    if running:
        counted.append(_counted_now(CheckItem.objects.managed_by(operator).filter(run__in=running)))
    for rows in counted:
        for run_id, state, cause, count in rows:
            found[run_id].add(state, cause, count)
    return found


def _counted_now(items: QuerySet[CheckItem]) -> Iterable[tuple[UUID, int | None, str, int]]:
    grouped = items.values("run_id", "state", "cause_name").annotate(count=Count("pk"))
    return grouped.values_list("run_id", "state", "cause_name", "count")
