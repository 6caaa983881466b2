"""A monitor outside is told of a nightly run: its beginning and its end, once each, and its address is in no log."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from m365 import pings
from m365.models import AppRegistration, ConnectionState, NightlyRun, RunPing, RunTally
from m365.models.nightly import DISCONNECTED
from m365.tasks import look_at_the_night
from portal.core.clock import now
from tests.concurrency import at_once
from tests.servers import Monitor, dead_server

START, SUCCESS, FAIL = (f"/ping/a-secret-path{ending}" for ending in ("/start", "", "/fail"))


@pytest.fixture
def monitor(settings):
    with Monitor() as monitor:
        settings.NIGHTLY_HEARTBEAT_URL = monitor.url
        yield monitor


def a_minute_later():
    """The pauses pass, then beat asks again."""
    RunPing.objects.filter(next_try_at__isnull=False).update(next_try_at=Now())
    look_at_the_night()


@pytest.fixture
def monitored(connected):
    """A connection that the night checks."""
    AppRegistration.objects.update(monitored=True)


@pytest.fixture
def running(monitored, monitor):
    """A run that goes on: one connection is still to be checked, and the monitor was told that it began."""
    look_at_the_night()
    run = NightlyRun.objects.get()
    assert (run.finished_at, monitor.asked) == (None, [START])
    monitor.asked.clear()
    return run


def end(run, state=ConnectionState.OK, cause=""):
    run.items.update(state=state, cause_name=cause, next_try_at=None)
    assert run.finish()


def test_a_run_is_told_when_it_begins_and_when_it_ends_once_each(running, monitor):
    for _minute in range(2):
        a_minute_later()
    assert monitor.asked == []

    end(running)
    for _minute in range(3):
        a_minute_later()

    assert monitor.asked == [SUCCESS]


@pytest.mark.parametrize(
    ("state", "cause", "told"),
    [
        (ConnectionState.SECRET_REJECTED, "wrong_secret", SUCCESS),  # found out: the check did its work
        (ConnectionState.NOT_CHECKED, DISCONNECTED, SUCCESS),
        (ConnectionState.NOT_CHECKED, "unreachable", FAIL),
    ],
)
def test_an_incomplete_night_is_a_failure(running, monitor, state, cause, told):
    end(running, state, cause)

    a_minute_later()

    assert monitor.asked == [told]


def test_a_run_that_takes_a_moment_is_told_in_order(db, monitor):
    """There is nothing to check: it has ended before anybody could tell that it began."""
    look_at_the_night()

    assert monitor.asked == [START, SUCCESS]


@pytest.mark.django_db(transaction=True)
def test_two_beats_and_four_workers_tell_it_once(monitor):
    at_once(*[look_at_the_night] * 4)
    a_minute_later()

    assert monitor.asked == [START, SUCCESS]


def test_an_end_that_is_not_taken_is_tried_again_and_a_beginning_is_not(monitored, monitor, caplog):
    monitor.answers = 500
    look_at_the_night()
    a_minute_later()
    assert monitor.asked == [START]

    end(NightlyRun.objects.get())
    a_minute_later()
    a_minute_later()
    monitor.answers = 200
    a_minute_later()
    a_minute_later()

    assert monitor.asked == [START, SUCCESS, SUCCESS, SUCCESS]
    said = [record.getMessage() for record in caplog.records if record.name == pings.__name__]
    assert said == ["nightly_run.not_told said=HTTP 500"] * 3


def test_an_end_is_tried_for_an_hour(running, monitor):
    monitor.answers = 503
    end(running)
    a_minute_later()
    NightlyRun.objects.update(finished_at=now() - timedelta(hours=1))
    a_minute_later()
    a_minute_later()

    assert monitor.asked == [SUCCESS] * 2


def test_a_worker_that_died_while_it_told_the_beginning_does_not_tell_it_after_the_end(running, monitor):
    RunPing.objects.update(next_try_at=Now(), lease_until=Now())
    end(running)

    a_minute_later()

    assert monitor.asked == [SUCCESS]


@pytest.mark.parametrize("answers", [302, 404])
def test_where_it_is_led_it_does_not_go(db, monitor, answers, caplog):
    monitor.answers = answers
    look_at_the_night()

    assert monitor.asked == [START, SUCCESS]
    assert f"said=HTTP {answers}" in caplog.text


def test_a_monitor_that_is_away_disturbs_nothing_and_its_address_is_in_no_log(monitored, settings, caplog):
    with dead_server() as port:
        settings.NIGHTLY_HEARTBEAT_URL = f"http://127.0.0.1:{port}/ping/a-secret-path"
        look_at_the_night()

    assert NightlyRun.objects.get().items.count() == 1
    assert "nightly_run.not_told said=ConnectionError" in caplog.text
    assert "a-secret-path" not in caplog.text


def test_last_night_s_run_is_told_to_nobody_who_is_asked_for_the_first_time_today(db, monitor, channel):
    at = now() - timedelta(hours=2)
    run = NightlyRun.objects.create(date=at.date(), began_at=at, deadline_at=at, finished_at=at)
    RunTally.objects.create(run=run, channel=channel, state=ConnectionState.OK, count=1)

    pings.tell()

    assert monitor.asked == []


def test_an_address_with_a_query_keeps_it(db, settings):
    with Monitor() as monitor:
        settings.NIGHTLY_HEARTBEAT_URL = f"{monitor.url}/?key=x"
        look_at_the_night()

    assert monitor.asked == [f"{START}?key=x", f"{SUCCESS}?key=x"]


def test_without_an_address_nobody_asks_the_database_either(db):
    with CaptureQueriesContext(connection) as captured:
        pings.tell()

    assert len(captured) == 0
