"""When the night's check is due, who works at it, and when it is over: asked of the database each minute.

Beat only asks. Two of them, a restarted one, or none for three nights make no difference: at most one run a night
exists, and only the newest night is caught up.
"""

from datetime import UTC, date, datetime, timedelta

from django.conf import settings

from m365.models import CheckItem, NightlyRun
from portal.core import clock
from portal.core.logs import EventLog
from portal.core.wake import wake

log = EventLog(__name__)

DRAIN = "m365.tasks.drain_checks"


def night_of(at: datetime) -> date:
    """The UTC date of the newest night whose hour has come."""
    begins = datetime.combine(at.astimezone(UTC).date(), settings.NIGHTLY_AT, UTC)
    return begins.date() if at >= begins else begins.date() - timedelta(days=1)


def look() -> None:
    """What each minute asks: is a run due, is one over, are workers missing."""
    begin_if_due()
    finish_what_is_over()
    wake_workers()


def begin_if_due() -> NightlyRun | None:
    """Begin the run of the newest night, unless that night, or a later one by a clock that ran ahead, has one."""
    night = night_of(clock.now())
    if NightlyRun.objects.filter(kind=NightlyRun.Kind.CHECK, date__gte=night).exists():
        return None
    run = NightlyRun.begin(night)
    if run:
        log.info("nightly_run.began", run=run.id, night=run.date)
    return run


def finish_what_is_over() -> None:
    """Finish the runs that have nothing left to do, or no time."""
    for run in NightlyRun.objects.running().that_may_end():
        if run.finish():
            log.info("nightly_run.finished", run=run.id, night=run.date, **run.counts)


def wake_workers() -> None:
    """One message for each of NIGHTLY_SLOTS that is free and has something to do; each wakes its own successor."""
    free = settings.NIGHTLY_SLOTS - CheckItem.queue.open().held().count()
    if free > 0:
        for _item in CheckItem.queue.due()[:free].values_list("pk"):
            wake(DRAIN)
