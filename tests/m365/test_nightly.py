"""Nightly runs: when one is due, what belongs to it, when it ends, whoever asks and however often."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings as portal_settings
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from m365 import nightly
from m365.models import AppRegistration, CheckItem, NightlyRun, RunTally
from m365.tasks import drain_checks, look_at_the_night
from portal import celeryconfig
from portal.core.clock import now
from portal.core.journal import JournalEntry
from tests.concurrency import at_once
from tests.m365.nights import a_night_passes, begun, states

pytestmark = pytest.mark.django_db
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
def later(monkeypatch):
    """`later(DAY)`: the portal's clock stands so far from now."""

    def move(shift):
        monkeypatch.setenv("CLOCK_SHIFT", str(int(shift.total_seconds())))

    return move


@pytest.fixture
def it_is(later):
    """`it_is(2026, 3, 29, 1, 59)`: the portal's clock stands at that moment, in UTC."""

    def stand(*moment):
        later(datetime(*moment, tzinfo=UTC) - datetime.now(UTC))

    return stand


def dates():
    return [str(date) for date in NightlyRun.objects.order_by("date").values_list("date", flat=True)]


def test_beat_asks_each_minute():
    entry = celeryconfig.beat_schedule["nightly-run"]

    assert (entry["task"], entry["schedule"]) == (look_at_the_night.name, MINUTE)


@pytest.mark.parametrize(
    ("moment", "night"),
    [
        ((2026, 11, 25, 1, 59), "2026-11-24"),
        ((2026, 11, 25, 2, 0), "2026-11-25"),
        ((2026, 11, 25, 23, 59), "2026-11-25"),
        ((2028, 2, 29, 2, 0), "2028-02-29"),
        ((2028, 3, 1, 1, 59), "2028-02-29"),
    ],
)
def test_the_night_that_is_due_is_the_newest_whose_hour_has_come(moment, night):
    assert str(nightly.night_of(datetime(*moment, tzinfo=UTC))) == night


def test_a_run_holds_what_is_monitored_and_connected_and_nothing_else(channel, watched):
    there = watched()
    watched("Suspended Ltd")
    AppRegistration.objects.exclude(pk=there.pk).update(monitored=False)
    AppRegistration.objects.create(channel=channel, owner=there.owner, monitored=True)

    run = begun()

    assert list(run.items.values_list("registration", "channel", "state")) == [(there.pk, channel.pk, None)]
    assert JournalEntry.objects.get(verb="nightly_run.began").detail.values["registrations"] == 1


def test_the_items_of_a_run_are_one_statement_however_many_there_are(watched):
    with CaptureQueriesContext(connection) as captured:
        begun()
    with_none = len(captured)
    NightlyRun.objects.all().delete()
    for number in range(3):
        watched(f"Number {number} Ltd")
    with CaptureQueriesContext(connection) as captured:
        run = begun()

    assert (run.items.count(), len(captured)) == (3, with_none)


@pytest.mark.django_db(transaction=True)
def test_r11_two_beats_and_four_workers_have_one_effect(watched, entra):
    registrations = [watched(f"Number {number} Ltd") for number in range(6)]

    at_once(look_at_the_night, look_at_the_night)
    at_once(*[drain_checks] * 4)
    at_once(look_at_the_night, look_at_the_night, look_at_the_night)

    run = NightlyRun.objects.get()
    assert run.finished_at is not None
    assert states(run) == dict.fromkeys([row.pk for row in registrations], "ok")
    assert [entra.counters["token", str(row.tenant_id)] for row in registrations] == [1] * 6
    assert sum(RunTally.objects.values_list("count", flat=True)) == 6
    for verb in ("nightly_run.began", "nightly_run.finished"):
        assert JournalEntry.objects.filter(verb=verb).count() == 1


def test_r12_three_nights_missed_give_one_run(watched, later):
    watched()
    a_night_passes()
    later(4 * DAY)
    before = len(dates())

    a_night_passes()
    a_night_passes()

    assert (before, len(dates())) == (1, 2)
    assert dates()[-1] == str(nightly.night_of(now()))


def test_r13_a_clock_that_jumps_ahead_and_back_gives_each_night_one_run(watched, later):
    watched()
    for shift in (0 * DAY, DAY, 0 * DAY, -DAY, DAY, 2 * DAY):
        later(shift)
        a_night_passes()

    today = nightly.night_of(datetime.now(UTC))
    assert dates() == [str(today + number * DAY) for number in range(3)]


@pytest.mark.parametrize("change", [(2026, 3, 29), (2026, 10, 25)])
def test_r13_when_summer_time_begins_or_ends_each_date_has_its_run(watched, it_is, settings, change):
    settings.TIME_ZONE = "Europe/Berlin"
    year, month, day = change
    watched()
    for at in (
        datetime(year, month, day - 1, 12, tzinfo=UTC) + timedelta(minutes=30) * half for half in range(96)
    ):
        it_is(at.year, at.month, at.day, at.hour, at.minute)
        nightly.begin_if_due()

    assert dates() == [f"{year}-{month:02}-{day - 1 + number:02}" for number in range(3)]


def test_past_its_deadline_what_is_left_is_not_checked_and_keeps_its_state(watched, later, entra):
    registration = watched()
    run = begun()
    [held] = CheckItem.queue.to_check().claim(batch=1, lease=MINUTE)
    later(portal_settings.NIGHTLY_DEADLINE + MINUTE)
    drain_checks()
    look_at_the_night()

    run.refresh_from_db()
    registration.refresh_from_db()
    assert (states(run), run.finished_at is not None) == ({registration.pk: "not checked"}, True)
    assert registration.get_state_display() == "ok"
    assert held.settle(state=90) is False
    assert entra.counters["token", str(registration.tenant_id)] == 0


def test_a_run_that_has_work_left_is_not_finished(watched):
    watched()
    run = begun()
    look_at_the_night()

    run.refresh_from_db()
    assert run.finished_at is None


def test_workers_are_woken_for_free_slots_only(watched, settings, django_capture_on_commit_callbacks):
    settings.NIGHTLY_SLOTS = 3
    for number in range(5):
        watched(f"Number {number} Ltd")
    begun()
    CheckItem.queue.to_check().claim(batch=1, lease=MINUTE)

    with django_capture_on_commit_callbacks() as messages:
        nightly.wake_workers()

    assert len(messages) == 2


def test_a_worker_that_died_is_replaced_when_its_lease_has_ended(watched):
    registration = watched()
    run = begun()
    CheckItem.queue.to_check().claim(batch=1, lease=MINUTE)
    drain_checks()
    between = states(run)
    CheckItem.objects.update(lease_until=Now() - MINUTE)
    drain_checks()

    assert (between, states(run)) == ({registration.pk: None}, {registration.pk: "ok"})


def test_a_claim_reads_all_that_a_check_needs(watched, django_assert_num_queries):
    for number in range(3):
        watched(f"Number {number} Ltd")
    begun()

    # savepoint, due rows with run, registration and credential, update, release
    with django_assert_num_queries(4):
        items = CheckItem.queue.to_check().claim(batch=3, lease=MINUTE)
        assert [item.registration.active_credential.hint for item in items]
        assert {item.run.deadline_at for item in items}
