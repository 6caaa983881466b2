"""`/healthz` and `/readyz`: what is broken is named and answered with 503, what limps with a warning and 200."""

import json
from datetime import date, timedelta

import pytest
from django.db import InterfaceError, connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from m365.models import ConnectionState, NightlyRun, RunTally
from m365.models.nightly import DISCONNECTED
from portal.core.clock import now
from portal.core.heartbeats import Heartbeat
from portal.core.outbox import OutboxMail
from tests.servers import dead_server, silent_server

PARTS = {"database", "redis", "beat", "workers_of_mail", "workers_of_microsoft", "workers_of_nightly"}
SECOND = timedelta(seconds=1)

pytestmark = pytest.mark.usefixtures("silence_is_told")


def asked(client):
    """The status code, the status, and each part that is not ok."""
    answer = client.get("/healthz")
    told = json.loads(answer.content)
    assert all(part["status"] in ("ok", "warning", "broken") for part in told["parts"].values())
    bad = {name: part["status"] for name, part in told["parts"].items() if part["status"] != "ok"}
    return answer.status_code, told["status"], bad


def test_when_all_is_well_it_says_so_part_by_part(client, alive):
    answer = client.get("/healthz")

    told = answer.json()
    assert (answer.status_code, told["status"]) == (200, "ok")
    assert told["parts"].keys() == PARTS | {"mails", "validations", "nightly_run"}
    assert told["parts"]["beat"] == {"status": "ok", "state": "well", "seen_seconds_ago": 0}
    assert told["parts"]["nightly_run"]["state"] == "none yet"
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("queue", ["mail", "microsoft", "nightly"])
def test_a_queue_that_nobody_takes_from_is_broken(client, alive, queue):
    alive(**{queue: SECOND * 185})

    assert asked(client) == (503, "broken", {f"workers_of_{queue}": "broken"})


def test_a_silent_beat_is_broken_and_nobody_knows_about_the_workers(client, alive):
    alive(beat=SECOND * 200, mail=SECOND * 210, microsoft=SECOND * 210, nightly=SECOND * 10)

    assert asked(client) == (
        503,
        "broken",
        {"beat": "broken", "workers_of_mail": "warning", "workers_of_microsoft": "warning"},
    )


@pytest.mark.parametrize("server", [dead_server, silent_server])
def test_redis_that_is_away_or_silent_is_broken(client, alive, settings, server):
    with server() as port:
        settings.REDIS_URL = f"redis://:a-password@127.0.0.1:{port}/0"
        answer = client.get("/healthz")

    assert (answer.status_code, answer.json()["parts"]["redis"]["status"]) == (503, "broken")
    assert "a-password" not in answer.content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_database_that_is_away_is_an_answer_and_no_error(client, path):
    """The line is closed under the portal's feet: psycopg2 calls that an InterfaceError, which is no DatabaseError."""
    connection.ensure_connection()
    connection.connection.close()
    with pytest.raises(InterfaceError):
        Heartbeat.objects.exists()
    connection.close()
    connection.ensure_connection()
    connection.connection.close()

    assert client.get(path).status_code == 503
    connection.close()
    assert client.get("/readyz").status_code == 200


def test_without_a_database_the_other_parts_are_told(client, unreachable_database):
    answer = client.get("/healthz")

    assert answer.status_code == 503
    assert answer.json() == {
        "status": "broken",
        "parts": {
            "database": {"status": "broken", "error": "OperationalError"},
            "redis": {"status": "ok"},
        },
    }


def test_a_mail_that_waits_too_long_is_a_warning(client, alive, service):
    OutboxMail.objects.update(next_try_at=Now() - timedelta(minutes=4))
    assert asked(client) == (200, "ok", {})

    OutboxMail.objects.update(next_try_at=Now() - timedelta(minutes=6))

    assert asked(client) == (200, "warning", {"mails": "warning"})
    assert client.get("/healthz").json()["parts"]["mails"]["oldest_waits_seconds"] >= 360


def test_a_mail_whose_next_try_is_still_to_come_waits_for_nobody(client, alive, service):
    OutboxMail.objects.update(next_try_at=Now() + timedelta(hours=1))

    assert client.get("/healthz").json()["parts"]["mails"]["oldest_waits_seconds"] == 0


def ended(channel, *, state=ConnectionState.OK, cause="", hours_ago=1):
    at = now() - timedelta(hours=hours_ago)
    run = NightlyRun.objects.create(date=date(2026, 11, 20), began_at=at, deadline_at=at, finished_at=at)
    RunTally.objects.create(run=run, channel=channel, state=state, cause_name=cause, count=3)


@pytest.mark.parametrize(
    ("night", "state", "status"),
    [
        ({}, "complete", "ok"),
        ({"state": ConnectionState.SECRET_REJECTED}, "complete", "ok"),
        ({"state": ConnectionState.NOT_CHECKED, "cause": DISCONNECTED}, "complete", "ok"),
        ({"state": ConnectionState.NOT_CHECKED}, "incomplete", "warning"),
        ({"hours_ago": 27}, "overdue", "broken"),
    ],
)
def test_the_last_night_is_told_and_warned_of(client, alive, channel, night, state, status):
    ended(channel, **night)

    told = client.get("/healthz").json()

    assert told["parts"]["nightly_run"]["state"] == state
    assert (told["parts"]["nightly_run"]["status"], told["status"]) == (status, status)
    assert told["parts"]["nightly_run"]["night"] == "2026-11-20"
    assert told["parts"]["nightly_run"]["ended_seconds_ago"] >= 3600


def test_it_names_no_customer_and_takes_few_queries(client, alive, connected):
    with CaptureQueriesContext(connection) as captured:
        shown = client.get("/healthz").content.decode()

    assert len(captured) == 4
    assert connected.customer.name not in shown
    assert connected.short_name not in shown


def test_it_is_asked_by_get_alone_and_over_plain_http_from_inside(client, alive, settings):
    settings.SECURE_SSL_REDIRECT = True

    assert client.post("/healthz").status_code == 405
    assert client.get("/healthz").status_code == 200
