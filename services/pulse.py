"""At the foot of the side bar of every page: when the last nightly run ended, and how many it did not check.

A check that dies silently is the worst fault, so its absence is shown where everybody looks. One query a page.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Self

from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from m365.models import ConnectionState, NightlyRun, RunTally
from m365.models.nightly import RunTallyQuerySet
from portal.core.clock import now
from portal.core.tenancy import Operator

# A run begins each day and ends within its hour; after so long without a newer one, something is wrong.
OVERDUE_AFTER = timedelta(hours=26)


class NightState(StrEnum):
    """How the newest night that has ended stands."""

    NONE_YET = "none yet"
    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    OVERDUE = "overdue"


@dataclass(frozen=True)
class Pulse:
    """Of the newest run that has ended; empty before the first."""

    night: date | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None
    total: int = 0
    not_checked: int = 0
    missed: int = 0
    """Of those not checked the ones that should have been: without what was disconnected meanwhile."""

    @classmethod
    def of(cls, operator: Operator) -> Self:
        return cls.read(RunTally.objects.managed_by(operator))

    @classmethod
    def read(cls, tallies: RunTallyQuerySet) -> Self:
        """As far as these tallies go; one query."""
        of_run = tallies.filter(run=OuterRef("pk"))
        counted = {
            "total": of_run,
            "not_checked": of_run.filter(state=ConnectionState.NOT_CHECKED),
            "missed": of_run.missed(),
        }
        runs = NightlyRun.objects.finished().annotate(
            **{
                name: Coalesce(Subquery(rows.values("run").annotate(sum=Sum("count")).values("sum")), 0)
                for name, rows in counted.items()
            }
        )
        for found in runs.order_by("-date").values_list("date", "began_at", "finished_at", *counted)[:1]:
            return cls(*found)
        return cls()

    @property
    def checked(self) -> int:
        return self.total - self.not_checked

    @property
    def overdue(self) -> bool:
        """Whether a newer one should have ended by now."""
        return self.began_at is not None and self.began_at <= now() - OVERDUE_AFTER

    @property
    def ended_ago(self) -> timedelta | None:
        """How long ago it ended; None before the first."""
        return now() - self.ended_at if self.ended_at else None

    @property
    def state(self) -> NightState:
        if self.night is None:
            return NightState.NONE_YET
        if self.overdue:
            return NightState.OVERDUE
        return NightState.INCOMPLETE if self.missed else NightState.COMPLETE

    @property
    def shape(self) -> str:
        if self.night is None:
            return "todo"
        return "warn" if self.overdue or self.not_checked else "ok"
