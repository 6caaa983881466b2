"""At the foot of the side bar of every page: when the last nightly run ended, and how many it did not check.

A check that dies silently is the worst fault, so its absence is shown where everybody looks. One query a page.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Self

from django.db.models import OuterRef, Subquery, Sum
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from m365.models import ConnectionState, NightlyRun, RunTally
from portal.core.clock import now
from portal.core.tenancy import Operator

# A run begins each day and ends within its hour; after so long without a newer one, something is wrong.
OVERDUE_AFTER = timedelta(hours=26)


@dataclass(frozen=True)
class Pulse:
    """Of the newest run that has ended; empty before the first."""

    night: date | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None
    total: int = 0
    not_checked: int = 0

    @classmethod
    def of(cls, operator: Operator) -> Self:
        mine = RunTally.objects.managed_by(operator).filter(run=OuterRef("pk")).values("run")
        runs = NightlyRun.objects.finished().annotate(
            total=Subquery(mine.annotate(sum=Sum("count")).values("sum")),
            not_checked=Subquery(
                mine.filter(state=ConnectionState.NOT_CHECKED).annotate(sum=Sum("count")).values("sum")
            ),
        )
        newest = runs.order_by("-date").values_list("date", "began_at", "finished_at", "total", "not_checked")
        for night, began_at, ended_at, total, not_checked in newest[:1]:
            return cls(night, began_at, ended_at, total or 0, not_checked or 0)
        return cls()

    @property
    def checked(self) -> int:
        return self.total - self.not_checked

    @property
    def overdue(self) -> bool:
        """Whether a newer one should have ended by now."""
        return self.began_at is not None and self.began_at <= now() - OVERDUE_AFTER

    @property
    def shape(self) -> str:
        if self.night is None:
            return "todo"
        return "warn" if self.overdue or self.not_checked else "ok"


def context(request: HttpRequest) -> dict[str, Any]:
    """For templates; asked only by a page that shows it."""
    user = getattr(request, "user", None)
    if not isinstance(user, Operator):
        return {}
    return {"pulse": SimpleLazyObject(lambda: Pulse.of(user))}
