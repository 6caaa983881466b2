"""`/metrics`: what Prometheus reads, for whoever has the token."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from m365.models import ConnectionState, NightlyRun, RunTally, Validation
from portal.core.clock import now
from portal.core.heartbeats import Heartbeat, Part
from portal.core.outbox import MailState, OutboxMail
from tests.conftest import make_service
from tests.services.conftest import ended, refused, signed_in

TOKEN = "a token of thirty-two characters"


@pytest.fixture(autouse=True)
def _with_token(settings):
    settings.METRICS_TOKEN = TOKEN


def asked(client, authorization=f"Bearer {TOKEN}"):
    return client.get("/metrics", headers={"Authorization": authorization} if authorization else {})


def told(client):
    """Each sample by its name and the values of its labels, in the labels' order."""
    answer = asked(client)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    families = text_string_to_metric_families(answer.content.decode())
    return {
        (sample.name, *dict(sorted(sample.labels.items())).values()): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.mark.django_db
@pytest.mark.parametrize("given", ["", TOKEN, f"Bearer {TOKEN}.", "Bearer ", "Basic Og==", "Bearer ümläut"])
def test_without_the_token_nothing_is_told(client, given):
    answer = asked(client, given)

    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert b"trunkline" not in answer.content


@pytest.mark.django_db
@pytest.mark.parametrize("given", ["", "Bearer ", f"Bearer {TOKEN}"])
def test_where_no_token_is_set_there_is_no_such_page(client, settings, given):
    settings.METRICS_TOKEN = ""

    assert asked(client, given).status_code == 404


def test_heartbeats_and_health_are_told_part_by_part(client, db):
    for part in Part:
        Heartbeat.objects.create(part=part, seen_at=Now() - timedelta(minutes=10 if part is Part.MAIL else 0))

    found = told(client)

    ages = {part: found["trunkline_heartbeat_age_seconds", part] for part in Part}
    assert 600 <= ages.pop(Part.MAIL) < 660
    assert all(0 <= age < 60 for age in ages.values())
    assert found["trunkline_health", "database"] == found["trunkline_health", "workers_of_mail"] == 0


def test_mails_are_counted_by_state_and_the_oldest_that_waits_is_told(client, customer, olga):
    for number, state in enumerate([MailState.SENT, MailState.FAILED, MailState.QUEUED, MailState.QUEUED]):
        make_service(customer, olga, f"number-{number}")
        mail = OutboxMail.objects.latest("created_at")
        OutboxMail.objects.filter(pk=mail.pk).update(
            state=state,
            next_try_at=Now() - timedelta(minutes=number) if state == MailState.QUEUED else None,
        )

    found = told(client)

    assert {state: found["trunkline_mails", state] for state in MailState} == {
        "queued": 2, "sent": 1, "failed": 1, "uncertain": 0, "withdrawn": 0,
    }  # fmt: skip
    assert found["trunkline_queue_due", "mails"] == 2
    assert 180 <= found["trunkline_queue_age_seconds", "mails"] < 240
    assert found["trunkline_queue_age_seconds", "checks"] == 0


def test_the_steps_of_the_last_hour_are_told_in_seconds(client, connected, olga):
    for _ in range(3):
        ended(connected, olga, signed_in())
    slow = ended(connected, olga, refused())
    slow.steps = [{"name": "sign_in", "state": "err", "ms": 15000, "note": ""}]
    slow.save()
    before = ended(connected, olga, refused())
    Validation.objects.filter(pk=before.pk).update(
        finished_at=now() - timedelta(minutes=61), steps=[{"name": "sign_in", "ms": 99000}]
    )

    found = told(client)

    steps = {key[1:]: value for key, value in found.items() if key[0] == "trunkline_validation_step_seconds"}
    assert [steps[share, "sign_in"] for share in ("0.5", "0.95", "1.0")] == [0.21, 15.0, 15.0]
    assert steps["1.0", "expiry"] == 0.21


def test_the_last_run_is_told_by_state(client, channel, other_channel):
    assert "trunkline_last_run_age_seconds" not in {key[0] for key in told(client)}
    at = now() - timedelta(hours=2)
    run = NightlyRun.objects.create(
        date=at.date(), began_at=at, deadline_at=at, finished_at=at + timedelta(minutes=47)
    )
    for of, state, count in (
        (channel, ConnectionState.OK, 7),
        (other_channel, ConnectionState.OK, 2),
        (channel, ConnectionState.NOT_CHECKED, 3),
    ):
        RunTally.objects.create(run=run, channel=of, state=state, count=count)

    found = told(client)

    assert (found["trunkline_checks", "ok"], found["trunkline_checks", "not-checked"]) == (9, 3)
    assert sum(value for key, value in found.items() if key[0] == "trunkline_checks") == 12
    assert found["trunkline_last_run_missed",] == 3
    assert found["trunkline_last_run_seconds",] == 47 * 60
    assert 73 * 60 <= found["trunkline_last_run_age_seconds",] < 74 * 60


def test_it_names_nobody_and_takes_as_many_queries_for_three_as_for_one(client, customer, olga, connected):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            shown = asked(client).content.decode()
        assert not any(name in shown for name in (customer.name, connected.short_name, "@"))
        return len(captured)

    with_one = queries()
    for number in range(2):
        ended(connected, olga, signed_in())
        make_service(customer, olga, f"number-{number}")

    assert queries() == with_one


def test_without_a_database_it_says_so(client, unreachable_database):
    assert asked(client).status_code == 503
