"""Heartbeats: who notes them, and who is called silent from when on."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from portal import celeryconfig, processes
from portal.core import heartbeats
from portal.core.heartbeats import QUEUES, Heartbeat, Life, Part, lives
from portal.core.outbox import DRAIN
from portal.core.wake import wake
from tests.servers import dead_server

ALL_WELL = dict.fromkeys(Part, Life.WELL)
SILENT_AFTER = 180  # seconds, as in production


@pytest.fixture(autouse=True)
def _as_in_production(settings):
    settings.SILENT_AFTER = timedelta(seconds=SILENT_AFTER)


def seen(**seconds):
    """The life of each part when it was seen so many seconds ago; who is not named was never seen."""
    return lives({Part(part): timedelta(seconds=ago) for part, ago in seconds.items()})


def started(monkeypatch, seconds_ago):
    monkeypatch.setattr(heartbeats, "_asking_since", heartbeats.time.monotonic() - seconds_ago)


def test_each_queue_of_the_portal_has_a_heartbeat():
    assert {part.value for part in QUEUES} == set(processes.WORKER_SLOTS)


def test_beat_asks_each_queue_in_each_sweep():
    routes, usual = celeryconfig.task_routes, {"queue": celeryconfig.task_default_queue}
    asked = {routes.get(entry["task"], usual)["queue"] for entry in celeryconfig.beat_schedule.values()}

    assert asked == {part.value for part in QUEUES}


def test_all_are_well_who_were_seen_within_three_sweeps():
    assert seen(beat=60, mail=179, microsoft=0, nightly=179) == ALL_WELL


def test_a_queue_from_which_nothing_is_taken_although_beat_sends_is_silent():
    assert seen(beat=5, mail=184, microsoft=185, nightly=30) == ALL_WELL | {Part.MICROSOFT: Life.SILENT}


def test_a_silent_beat_is_not_taken_for_silent_workers():
    """They were asked for nothing, so nobody knows; unless they had stopped long before."""
    assert seen(beat=180, mail=181, microsoft=20, nightly=400) == {
        Part.BEAT: Life.SILENT,
        Part.MAIL: Life.UNASKED,
        Part.MICROSOFT: Life.WELL,  # somebody's page woke it
        Part.NIGHTLY: Life.SILENT,
    }


@pytest.mark.parametrize(
    ("seconds", "life"), [(SILENT_AFTER - 1, Life.EXPECTED), (SILENT_AFTER, Life.SILENT)]
)
def test_what_was_never_seen_is_expected_for_as_long_after_the_start(monkeypatch, seconds, life):
    started(monkeypatch, seconds)

    assert seen(mail=1) == dict.fromkeys(Part, life) | {Part.MAIL: Life.WELL}


def test_a_note_is_the_database_s_time_and_one_is_enough_for_a_while(db):
    for _time in range(2):
        Heartbeat.objects.note(Part.MAIL)
    with CaptureQueriesContext(connection) as captured:
        Heartbeat.objects.note(Part.MAIL)

    assert [query["sql"].partition(" ")[0] for query in captured] == ["SELECT"]
    assert Heartbeat.objects.ages().keys() == {Part.MAIL}
    assert timedelta(0) <= Heartbeat.objects.ages()[Part.MAIL] < timedelta(minutes=1)


def test_a_note_after_a_while_takes_the_place_of_the_last(db):
    Heartbeat.objects.create(part=Part.MAIL, seen_at=Now() - timedelta(hours=1))
    assert Heartbeat.objects.ages() == {
        Part.MAIL: pytest.approx(timedelta(hours=1), abs=timedelta(minutes=1))
    }

    Heartbeat.objects.note(Part.MAIL)

    assert Heartbeat.objects.ages()[Part.MAIL] < timedelta(minutes=1)


def test_a_part_of_another_release_is_left_out(db):
    Heartbeat.objects.create(part="sms", seen_at=Now())

    assert Heartbeat.objects.ages() == {}


def test_a_worker_notes_that_it_takes_from_its_queue_whoever_sent_it(start_process):
    """One of this test's own: those that all tests share may have noted it lately, before the tables were emptied."""
    worker = start_process("heart", [*processes.worker("mail"), "-n", "heart@test"])
    wake(DRAIN)

    worker.wait_until(lambda: Part.MAIL in Heartbeat.objects.ages())


def test_beat_notes_that_it_sends(start_process, tmp_path):
    beat = start_process("beat", processes.beat(tmp_path / "beat"), SWEEP_SECONDS="1")

    beat.wait_until(lambda: Part.BEAT in Heartbeat.objects.ages())
    first = Heartbeat.objects.get(part=Part.BEAT).seen_at
    beat.wait_until(lambda: Heartbeat.objects.get(part=Part.BEAT).seen_at > first)
    assert set(Heartbeat.objects.ages()) == {Part.BEAT}


def test_a_beat_whose_tasks_redis_does_not_take_notes_nothing(start_process, tmp_path):
    with dead_server() as port:
        nowhere = f"redis://:pw@127.0.0.1:{port}/0"
        beat = start_process("alone", processes.beat(tmp_path / "beat"), SWEEP_SECONDS="1", REDIS_URL=nowhere)

        beat.wait_until(lambda: "Connection error" in beat.log.read_text())
    assert not Heartbeat.objects.exists()
