"""The one way in which work that is a row gets done once: claim it, do it, settle it if it is still yours.

A row is *due* when its `next_try_at` has come and nobody holds it; *leased* until `lease_until`, by whoever has its
`lease_no`; *finished* when `next_try_at` is empty. A worker that dies loses its lease by time alone; one that comes
back late finds that its number is no longer the row's and changes nothing. All times are the database's.
"""

import random
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Self, TypeVar

from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from portal.core.wake import wake

LeasedRow = TypeVar("LeasedRow", bound="Leased")
# A task works this long, then wakes a successor: other work in its queue gets its turn.
TURN_SECONDS = 5.0


class LeasedQuerySet(models.QuerySet[LeasedRow]):
    def due(self) -> Self:
        free = Q(lease_until=None) | Q(lease_until__lte=Now())
        return self.filter(free, next_try_at__lte=Now())

    def claim(self, *, batch: int, lease: timedelta) -> list[LeasedRow]:
        """Take up to `batch` due rows, most urgent first; committed before any work begins."""
        with transaction.atomic():
            wanted = self.due().select_for_update(skip_locked=True, of=("self",))
            ids = list(wanted.order_by("-priority", "next_try_at").values_list("pk", flat=True)[:batch])
            taken = self.model._base_manager.filter(pk__in=ids)
            taken.update(lease_no=F("lease_no") + 1, lease_until=Now() + lease, attempts=F("attempts") + 1)
            return sorted(self.filter(pk__in=ids), key=lambda row: ids.index(row.pk))


class Leased(models.Model):
    """A piece of work."""

    priority = models.SmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, db_default=Now())
    attempts = models.PositiveIntegerField(default=0)
    lease_no = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def settle(self, *, next_try_in: timedelta | None = None, **changes: Any) -> bool:
        """Write the result and give the lease back; False, and nothing written, when it is no longer ours.

        Without `next_try_in` the work is finished. Call it first in a transaction: the row stays locked for
        whatever else the result changes.
        """
        mine = type(self)._base_manager.filter(pk=self.pk, lease_no=self.lease_no)
        changes["next_try_at"] = None if next_try_in is None else Now() + next_try_in
        settled = mine.update(lease_until=None, **changes) == 1
        if settled:
            for name in changes.keys() - {"next_try_at"}:
                setattr(self, name, changes[name])
        return settled

    def report(self, **changes: Any) -> bool:
        """Write progress while the lease is ours; False when it is not."""
        mine = type(self)._base_manager.filter(pk=self.pk, lease_no=self.lease_no)
        return mine.update(**changes) == 1


def drain(
    task: str,
    rows: LeasedQuerySet[LeasedRow],
    work: Callable[[LeasedRow], None],
    *,
    lease: timedelta,
    batch: int = 1,
) -> None:
    """Do what is due, a batch at a time, for one turn; then wake a successor if more is waiting."""
    turn_ends = time.monotonic() + TURN_SECONDS
    while claimed := rows.claim(batch=batch, lease=lease):
        for row in claimed:
            work(row)
        if time.monotonic() > turn_ends:
            wake(task)
            return


def pause(attempts: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """A growing, jittered pause before the next try: doubled each time, up to a quarter shorter."""
    grown = min(first * 2 ** min(attempts - 1, 20), longest)
    spread: timedelta = grown * random.uniform(0.75, 1.0)
    return spread
