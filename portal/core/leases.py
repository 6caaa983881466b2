"""The one way in which work that is a row gets done once: claim it, do it, settle it if it is still yours.

    state      next_try_at   lease_until   who may change the row's work
    waiting    later         empty         nobody yet
    due        has come      empty         whoever claims it first
    leased     has come      later         the one worker whose copy has the row's `lease_no`
    overdue    has come      has come      whoever claims it: its worker died, or comes too late
    finished   empty         empty         nobody any more

A worker that dies loses its lease by time alone; one that comes back late finds that its number is no longer the
row's and changes nothing. What was claimed and not begun is handed back, as if it had never been claimed. All times are
the database's.
"""

import random
import time
from collections import deque
from collections.abc import Callable, Collection
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any, Self, TypeVar

from django.db import models, transaction
from django.db.models import F, Min, Q
from django.db.models.functions import Now

from portal.core import shutdown

LeasedRow = TypeVar("LeasedRow", bound="Leased")
# A task works this long, then ends and wakes a successor: other work in its queue gets its turn.
TURN_SECONDS = 5.0


class EndOfTurn(Exception):
    """Raised by work after which no more of its kind shall be begun in this turn."""


class LeasedQuerySet(models.QuerySet[LeasedRow]):
    def due(self) -> Self:
        """Those that may be claimed: due and overdue ones."""
        free = Q(lease_until=None) | Q(lease_until__lte=Now())
        return self.filter(free, next_try_at__lte=Now())

    def oldest_wait(self) -> timedelta:
        """How long the oldest one that is due has been waiting for a worker; nothing when none is."""
        oldest = self.due().aggregate(wait=Now() - Min("next_try_at"))["wait"]
        return oldest or timedelta(0)

    def held(self) -> Self:
        """Those that a worker holds at this moment."""
        return self.filter(lease_until__gt=Now())

    def claim(self, *, batch: int, lease: timedelta) -> list[LeasedRow]:
        """Take up to `batch` due rows, most urgent first; committed before any work begins.

        What was overdue is taken alone: its worker may have died of it, and would take the others with it again.
        """
        with transaction.atomic():
            wanted = self.due().select_for_update(skip_locked=True, of=("self",))
            rows = _together(list(wanted.order_by("-priority", "next_try_at")[:batch]))
            if rows:
                taken = self.model._base_manager.filter(pk__in=[row.pk for row in rows])
                taken.update(
                    lease_no=F("lease_no") + 1, lease_until=Now() + lease, attempts=F("attempts") + 1
                )
            for row in rows:  # locked until the commit, so this is what the statement made of them
                row.lease_no, row.attempts = row.lease_no + 1, row.attempts + 1
            return rows

    def hand_back(self, rows: Collection[LeasedRow]) -> int:
        """Free what was claimed and not begun, at once and for anybody; gives how many of them were still ours."""
        if not rows:
            return 0
        mine = reduce(or_, (Q(pk=row.pk, lease_no=row.lease_no) for row in rows))
        return self.model._base_manager.filter(mine).update(lease_until=None, attempts=F("attempts") - 1)


def _together(rows: list[LeasedRow]) -> list[LeasedRow]:
    """The first one, with those that no worker has held in vain, unless it is itself one that was."""
    if rows and rows[0].lease_until:
        return rows[:1]
    return [row for row in rows if row.lease_until is None]


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


def waiting_index(name: str) -> models.Index:
    """By which a claim finds what is due: only of what is not finished, so it stays small."""
    return models.Index(
        fields=["-priority", "next_try_at"], name=name, condition=Q(next_try_at__isnull=False)
    )


def drain(
    rows: LeasedQuerySet[LeasedRow],
    work: Callable[[LeasedRow], None],
    *,
    lease: timedelta,
    batch: int = 1,
) -> bool:
    """Do what is due, a batch at a time, for one turn; True when the turn ended with perhaps more to do.

    A row is begun within a quarter of its lease or handed back, so three quarters are left for it. Handed back is also
    the rest of a batch when the worker is asked to end, and when the work raises something.
    """
    turn_ends = time.monotonic() + TURN_SECONDS
    while not shutdown.is_asked():
        stale_at = time.monotonic() + lease.total_seconds() / 4
        waiting = deque(rows.claim(batch=batch, lease=lease))
        if not waiting:
            return False
        try:
            while waiting and not shutdown.is_asked() and time.monotonic() < min(turn_ends, stale_at):
                work(waiting.popleft())
        except EndOfTurn:
            return True
        finally:
            rows.hand_back(waiting)
        if time.monotonic() > turn_ends:
            break
    return True


def pause(attempts: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """A growing, jittered pause before the next try: doubled each time, up to a quarter shorter."""
    grown = min(first * 2 ** min(attempts - 1, 20), longest)
    spread: timedelta = grown * random.uniform(0.75, 1.0)
    return spread
