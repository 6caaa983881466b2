"""How many lines to the mail server may be open at once, in the whole installation: one row each, claimed like work.

A mail server that has enough of us says 421 or 432. Then half of the lines that were open rest for a moment and the
others longer, a minute after each other: each rests by its own `next_try_at`, so they come back one by one, and nothing
has to remember it. A worker that dies with a line open loses it by time, as it loses its mails.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Max
from django.db.models.functions import Now

from portal.core.leases import Leased, LeasedQuerySet
from portal.core.logs import EventLog

log = EventLog(__name__)

# All lines rest so long; then half of those that were open come back, and one more each time the step has passed.
REST, STEP = timedelta(seconds=10), timedelta(minutes=1)


@dataclass(frozen=True)
class Allowance:
    """What the mail server allows at this moment."""

    lines: int
    of: int
    full_at: datetime | None
    """When all may be open again; None when they may be now."""

    @property
    def words(self) -> str:
        return f"{self.lines} of {self.of} at once" if self.lines else "none at this moment"


class MailLineQuerySet(LeasedQuerySet["MailLine"]):
    def usable(self) -> Self:
        """Those of the installation; more of them may be left from former settings."""
        return self.filter(number__lte=settings.MAIL_LINES)

    def take(self) -> "MailLine | None":
        """One that is neither open nor at rest; None when there is none."""
        if self.usable().count() < settings.MAIL_LINES:
            lines = [MailLine(number=number) for number in range(1, settings.MAIL_LINES + 1)]
            self.bulk_create(lines, ignore_conflicts=True)
        return next(iter(self.usable().claim(batch=1, lease=settings.MAIL_LEASE)), None)

    def allowance(self) -> Allowance:
        """For the page Mail server: how many may be open, and until when fewer than usual."""
        resting = self.usable().filter(next_try_at__gt=Now())
        full_at = resting.aggregate(at=Max("next_try_at"))["at"]
        return Allowance(settings.MAIL_LINES - resting.count(), settings.MAIL_LINES, full_at)


class MailLine(Leased):
    number = models.PositiveSmallIntegerField(primary_key=True)

    objects = MailLineQuerySet.as_manager()

    def __str__(self) -> str:
        return f"line {self.number}"

    def give_back(self) -> None:
        """It is closed; when it may be opened again stands in the row."""
        MailLine.objects.hand_back([self])

    @transaction.atomic
    def slow_down(self) -> bool:
        """Let half of the lines that are open now rest; False when that happened since this one was opened.

        Several of them are told at the same moment that they are too many; that is one reason and not several.
        """
        lines = list(MailLine.objects.select_for_update().order_by("number"))
        if MailLine.objects.filter(pk=self.pk, next_try_at__gt=Now()).exists():
            return False
        stay = max(1, MailLine.objects.held().count() // 2)
        for line in lines:
            rest = REST + max(0, line.number - stay) * STEP
            MailLine.objects.filter(pk=line.pk).update(next_try_at=Now() + rest)
        log.warning("mail.slowed_down", lines=stay)
        return True
