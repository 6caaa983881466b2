"""Nightly runs: one a UTC date, an item in it for each connection that is checked, and a count of how they ended.

A run and its items are stored in one transaction, so that whoever finds the run finds all of its items.
"""

import datetime
from typing import Self

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, Sum

from m365 import causes
from m365.causes import Cause
from m365.models.registrations import AppRegistration
from m365.models.states import BROKEN, DECIDED, ConnectionState
from portal.core import journal
from portal.core.actors import PORTAL
from portal.core.clock import now
from portal.core.leases import Leased, LeasedQuerySet, waiting_index
from portal.core.tenancy import Row, Scoped, ScopedQuerySet

# In place of a cause: the registration was disconnected, or is not monitored any more, since the run began.
DISCONNECTED = "disconnected"
# One statement, however many there are; what the last nights had found out before stands beside each item.
_ADD_ITEMS = """
    INSERT INTO {items}
        (run_id, registration_id, channel_id, before, cause_name, trace_id, priority, attempts, lease_no)
    SELECT %s, r.id, r.channel_id, former.state, '', '', 0, 0, 0
    FROM {registrations} r
    LEFT JOIN LATERAL (
        SELECT i.state FROM {items} i
        WHERE i.registration_id = r.id AND i.state = ANY(%s) ORDER BY i.id DESC LIMIT 1
    ) former ON true
    WHERE r.monitored AND r.active_credential_id IS NOT NULL
    ON CONFLICT (run_id, registration_id) DO NOTHING
"""


class NightlyRunQuerySet(models.QuerySet["NightlyRun"]):
    def running(self) -> Self:
        return self.filter(finished_at=None)

    def finished(self) -> Self:
        return self.exclude(finished_at=None)

    def that_may_end(self) -> Self:
        """Those with nothing left to do, or no time; asked by each worker after each turn, so by one query."""
        open_items = CheckItem.queue.open().filter(run=OuterRef("pk"))
        return self.filter(Q(deadline_at__lte=now()) | ~Exists(open_items))


class NightlyRun(Row):
    """Begun once; finished when each of its items is settled or its deadline has come."""

    class Kind(models.TextChoices):
        CHECK = "check", "check of all connections"

    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.CHECK)
    date = models.DateField()  # of the night, in UTC; a run that catches up has that of the newest night
    began_at = models.DateTimeField()
    deadline_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    objects = NightlyRunQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "date"], name="one_run_a_night")]
        indexes = [
            models.Index(fields=["-date"], name="nightly_runs", condition=Q(finished_at__isnull=False)),
            models.Index(fields=["deadline_at"], name="nightly_running", condition=Q(finished_at=None)),
        ]

    def __str__(self) -> str:
        return f"nightly run {self.date}"

    @classmethod
    @transaction.atomic
    def begin(cls, date: datetime.date) -> "NightlyRun | None":
        """The run of that night with its items; None when somebody began it already."""
        at = now()
        moments = {"began_at": at, "deadline_at": at + settings.NIGHTLY_DEADLINE}
        run, new = cls.objects.get_or_create(kind=cls.Kind.CHECK, date=date, defaults=moments)
        if not new:
            return None
        journal.write(PORTAL, "nightly_run.began", [run], date=date, registrations=run._add_items())
        return run

    def _add_items(self) -> int:
        tables = {
            name: connection.ops.quote_name(model._meta.db_table)
            for name, model in (("items", CheckItem), ("registrations", AppRegistration))
        }
        with connection.cursor() as cursor:
            cursor.execute(_ADD_ITEMS.format(**tables), [self.pk, [state.value for state in DECIDED]])
            return int(cursor.rowcount)

    @transaction.atomic
    def finish(self) -> bool:
        """Close it when nothing is left to do; past the deadline what is left is *not checked*. Exactly one wins."""
        # First the run, then its items: two that finish at the same moment wait here.
        NightlyRun.objects.select_for_update(no_key=True).get(pk=self.pk)
        if self.deadline_at <= now():
            left = CheckItem.queue.open().filter(run=self)
            # The lease number makes a worker that is still at it come too late.
            left.update(
                state=ConnectionState.NOT_CHECKED,
                finished_at=now(),
                next_try_at=None,
                lease_until=None,
                lease_no=F("lease_no") + 1,
            )
        mine = NightlyRun.objects.running().filter(pk=self.pk)
        if not mine.exclude(Exists(CheckItem.queue.open().filter(run=OuterRef("pk")))).update(
            finished_at=now()
        ):
            return False
        RunTally.take(self)
        journal.write(PORTAL, "nightly_run.finished", [self], **self.counts)
        return True

    @property
    def counts(self) -> dict[str, int]:
        """How many connections of a finished run ended in which state, by its name in journal and log."""
        states = self.tallies.values_list("state").annotate(Sum("count")).order_by("state")
        return {ConnectionState(state).name.lower(): count for state, count in states}


class CheckItemQuerySet(ScopedQuerySet["CheckItem"]):
    """For pages and for whoever follows up."""

    def turned_bad(self) -> Self:
        """Broken in this run, and not broken when a night last looked."""
        return self.filter(Q(before=None) | ~Q(before__in=BROKEN), state__in=BROKEN)

    def turned_good(self) -> Self:
        """Working in this run, and broken when a night last looked."""
        return self.filter(before__in=BROKEN, state__in=set(DECIDED) - set(BROKEN))


class CheckQueue(LeasedQuerySet["CheckItem"]):
    """For workers."""

    def open(self) -> Self:
        return self.filter(next_try_at__isnull=False)

    def to_check(self) -> Self:
        """Those of runs that are not over, with all that a check needs to read: one query a claim."""
        running = self.filter(run__finished_at=None, run__deadline_at__gt=now())
        return running.select_related("run", "registration__active_credential")


class CheckItem(Scoped, Leased):
    """One connection in one run. Empty `state`: not decided yet."""

    run = models.ForeignKey(NightlyRun, on_delete=models.CASCADE, related_name="items")
    registration = models.ForeignKey(AppRegistration, on_delete=models.CASCADE, related_name="+")
    before = models.PositiveSmallIntegerField(choices=ConnectionState.choices, null=True)
    state = models.PositiveSmallIntegerField(choices=ConnectionState.choices, null=True)
    cause_name = models.CharField(max_length=40, blank=True)
    # How often Microsoft gave no answer tonight; a try whose worker died is none.
    unanswered = models.PositiveSmallIntegerField(db_default=0, default=0)
    # When the customer's side was found wrong for the first time tonight; it is looked at twice.
    suspected_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    trace_id = models.CharField(max_length=60, blank=True)
    duration_ms = models.PositiveIntegerField(null=True)

    objects = CheckItemQuerySet.as_manager()
    queue = CheckQueue.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "registration"], name="one_item_a_registration")
        ]
        indexes = [
            models.Index(fields=["run", "state", "id"], name="check_items_of_run"),
            models.Index(fields=["registration", "-id"], name="check_items_of_registration"),
            waiting_index("check_items_waiting"),
        ]

    @property
    def cause(self) -> Cause | None:
        """Why it ended as it did, where the catalogue has something to say."""
        return causes.CATALOGUE.get(self.cause_name)

    def __str__(self) -> str:
        return f"check of {self.registration_id} in {self.run_id}"


class RunTallyQuerySet(ScopedQuerySet["RunTally"]):
    def missed(self) -> Self:
        """Those that should have been checked and were not; who was disconnected meanwhile is missed by nobody."""
        return self.filter(state=ConnectionState.NOT_CHECKED).exclude(cause_name=DISCONNECTED)


class RunTally(Scoped):
    """How many items of one channel ended in one state, for one cause; written when the run finishes.

    Pages that count runs of many nights, and the pulse on every page, read these few rows.
    """

    run = models.ForeignKey(NightlyRun, on_delete=models.CASCADE, related_name="tallies")
    state = models.PositiveSmallIntegerField(choices=ConnectionState.choices)
    cause_name = models.CharField(max_length=40, blank=True)
    count = models.PositiveIntegerField()

    objects = RunTallyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "channel", "state", "cause_name"], name="one_tally")
        ]

    def __str__(self) -> str:
        return f"{self.count} of {self.run_id} in state {self.state}"

    @classmethod
    def take(cls, run: NightlyRun) -> None:
        """Count the finished run; a count a channel, state and cause."""
        counted = run.items.values("channel_id", "state", "cause_name").annotate(count=Count("pk"))
        cls.objects.bulk_create([cls(run=run, **row) for row in counted])
