"""Tells a monitor outside when the nightly run begins and how it ends, as healthchecks.io and its like take it.

It is asked at its address with `/start` at the beginning; at the end at the address itself, or with `/fail` when the
night is incomplete. A monitor that hears nothing raises the alarm, so nothing here must: what it does not take is
logged. Its address is as good as a password and stands in no log.
"""

from datetime import timedelta
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from m365.models import NightlyRun, RunPing
from portal.core.clock import now
from portal.core.leases import drain, pause
from portal.core.logs import EventLog

log = EventLog(__name__)

TIMEOUT = 5  # seconds, to connect and of silence
# Of a run that began or ended longer ago nothing is told any more: the monitor has noticed by itself.
FRESH = timedelta(hours=1)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=10)


def tell() -> None:
    """Tell what there is to tell; asked each minute, by as many workers as there are."""
    if not settings.NIGHTLY_HEARTBEAT_URL:
        return
    lately = now() - FRESH
    _tell(NightlyRun.objects.filter(began_at__gt=lately), RunPing.Moment.START)
    # Never the end before the beginning: a run that takes seconds has both at once.
    beginning = RunPing.objects.filter(
        run=OuterRef("pk"), moment=RunPing.Moment.START, next_try_at__isnull=False
    )
    ended = NightlyRun.objects.filter(finished_at__gt=lately)
    _tell(ended.exclude(Exists(beginning)), RunPing.Moment.END)


def _tell(runs: QuerySet[NightlyRun], moment: RunPing.Moment) -> None:
    RunPing.objects.bulk_create([RunPing(run=run, moment=moment) for run in runs], ignore_conflicts=True)
    waiting = RunPing.objects.filter(moment=moment).select_related("run")
    drain(waiting, _ping, lease=settings.M365_CHECK_LEASE)


def _ping(ping: RunPing) -> None:
    """Once is enough for a beginning, and one that comes late would be a second one; an end is tried for its hour."""
    if ping.moment == RunPing.Moment.START:
        if ping.attempts == 1:
            _is_taken("/start")
        ping.settle()
        return
    run = ping.run
    taken = _is_taken("/fail" if run.tallies.missed().exists() else "")
    stale = run.finished_at is None or run.finished_at <= now() - FRESH
    again = pause(ping.attempts, first=FIRST_PAUSE, longest=LONGEST_PAUSE)
    ping.settle(next_try_in=None if taken or stale else again)


def _is_taken(ending: str) -> bool:
    address = urlsplit(settings.NIGHTLY_HEARTBEAT_URL)
    url = address._replace(path=address.path.rstrip("/") + ending).geturl()
    try:
        with requests.Session() as session:
            session.trust_env = False
            with session.get(url, timeout=TIMEOUT, allow_redirects=False, stream=True) as answer:
                said = f"HTTP {answer.status_code}"
                taken = answer.ok and not answer.is_redirect
    except requests.RequestException as error:  # its text names the address
        said, taken = type(error).__name__, False
    if not taken:
        log.warning("nightly_run.not_told", said=said)
    return taken
