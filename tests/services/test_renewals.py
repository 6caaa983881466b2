"""What follows a night: thresholds crossed once each, what nobody reached, and whom it concerns."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from m365.models import AppRegistration, NightlyRun
from portal.core.clock import now
from portal.core.journal import JournalEntry
from services import thresholds
from services.models import ConnectionWarning, RunFollowUp
from services.tasks import follow_up
from tests.concurrency import at_once
from tests.m365.nights import a_night_passes
from tests.services.conftest import connect_live
from tests.services.nights import the_night_passes

pytestmark = pytest.mark.usefixtures("mailbox")
DAY = timedelta(days=1)


def warned():
    """The thresholds of which somebody was told, and those that were skipped."""
    found = ConnectionWarning.objects.filter(kind="ending").order_by("found_at", "threshold")
    return [(row.threshold, row.superseded) for row in found]


@pytest.mark.parametrize(
    ("left", "crossed"),
    [
        (60 * DAY + timedelta(seconds=1), []),
        (60 * DAY, [60]),
        (29 * DAY, [30, 60]),
        (timedelta(hours=24), [1, 7, 14, 30, 60]),
        (timedelta(0), [0, 1, 7, 14, 30, 60]),
        (-400 * DAY, [0, 1, 7, 14, 30, 60]),
    ],
)
def test_a_threshold_is_crossed_when_so_many_days_of_24_hours_are_left_or_fewer(left, crossed):
    assert thresholds.crossed([60, 30, 14, 7, 1, 0], left) == crossed


def test_each_threshold_is_noted_once_as_the_days_go_by(deployed, later):
    deployed("kestrel", ends_in_days=61.5)
    told = []
    for day in (1, 2, 3, 31, 32, 48, 55, 60, 61, 62, 63):
        later(days=day)
        before = ConnectionWarning.objects.count()
        the_night_passes()
        told += [day] * (ConnectionWarning.objects.count() - before)

    assert warned() == [(60, False), (30, False), (14, False), (7, False), (1, False), (0, False)]
    assert told == [2, 32, 48, 55, 61, 62]


def test_r12_three_nights_missed_give_one_run_and_the_most_urgent_threshold_only(deployed, later):
    deployed("kestrel", ends_in_days=32.5)
    the_night_passes()
    later(days=28)
    the_night_passes()
    the_night_passes()

    assert NightlyRun.objects.count() == 2
    assert warned() == [(60, False), (7, False), (14, True), (30, True)]


def test_a_renewed_secret_begins_a_fresh_series_and_closes_the_old_one(deployed, later, entra, olga):
    service = deployed("kestrel", ends_in_days=5.5)
    the_night_passes()
    app = entra.application_of(service.app_registration)
    connect_live(service, app, app.add_secret(ends_in_days=25.5), olga)
    later(days=1)
    the_night_passes()

    closed = dict(ConnectionWarning.objects.values_list("threshold", "closed_at").filter(threshold=7))
    assert closed[7] is not None
    assert ConnectionWarning.objects.filter(closed_at=None).count() == 2
    assert [row.threshold for row in ConnectionWarning.objects.filter(closed_at=None, superseded=False)] == [
        30
    ]


@pytest.mark.parametrize(
    ("of_channel", "of_customer", "thresholds_told"),
    [(None, None, [30]), ([10], None, []), ([20], None, [20]), ([10], [25, 3], [25])],
)
def test_a_channel_and_a_customer_may_have_thresholds_of_their_own(
    deployed, channel, customer, of_channel, of_customer, thresholds_told
):
    channel.warn_days, customer.warn_days = of_channel, of_customer
    channel.save()
    customer.save()
    service = deployed("kestrel", ends_in_days=19.5)
    the_night_passes()

    assert [days for days, skipped in warned() if not skipped] == thresholds_told
    status = type(service).objects.with_connection().get(pk=service.pk).status
    assert status[1] == ("Warning" if thresholds_told else "OK")
    assert type(service).objects.ending().exists() == bool(thresholds_told)


def test_each_crossing_is_in_the_journal_for_whoever_renews(deployed):
    service = deployed("kestrel", ends_in_days=6.5)
    run = the_night_passes()

    entry = JournalEntry.objects.get(verb="secret.renewal_needed")
    registration = service.app_registration
    assert entry.about == [
        service.pk, service.customer_id, registration.pk, registration.active_credential_id, run.pk
    ]  # fmt: skip
    assert entry.detail.values["threshold"] == 7


def test_what_nobody_reached_for_36_hours_is_a_warning_once_until_it_is_checked_again(deployed, later, entra):
    service = deployed("kestrel")
    tenant = str(service.app_registration.tenant_id)
    entra.fault(tenant, "token", "503")
    counts = []
    for hours in (0, 24, 48, 72):
        later(hours=hours)
        the_night_passes()
        counts.append(ConnectionWarning.objects.filter(kind="unchecked").count())
    entra.reset()
    later(hours=96)
    the_night_passes()

    assert counts == [0, 0, 1, 1]
    assert ConnectionWarning.objects.get(kind="unchecked").closed_at is not None
    assert JournalEntry.objects.filter(verb="connection.not_checked").count() == 1


def test_status_says_not_checked_for_36_hours(deployed):
    service = deployed("kestrel")
    rows = AppRegistration.objects.filter(pk=service.app_registration_id)
    read = type(service).objects.with_connection
    rows.update(checked_at=now() - timedelta(hours=35, minutes=59))
    before = read().get().status
    rows.update(checked_at=now() - timedelta(hours=36))

    assert before == ("Deployed", "OK", "")
    assert read().get().status == ("Deployed", "Warning", "not checked for 36 hours")
    assert [row.short_name for row in read().unchecked()] == ["kestrel"]


def test_a_night_that_finds_a_connection_broken_shows_it_at_the_service(deployed, entra):
    service = deployed("kestrel")
    entra.application_of(service.app_registration).secrets.clear()
    the_night_passes()

    shown = type(service).objects.with_connection().get()
    assert shown.status == ("Deployed", "Error", "Entra rejected the client secret.")
    assert list(type(service).objects.broken()) == [service]


@pytest.mark.django_db(transaction=True)
def test_r11_two_follow_ups_at_the_same_moment_have_one_effect(deployed):
    deployed("kestrel", ends_in_days=6.5)
    a_night_passes()

    at_once(*[follow_up] * 4)

    assert RunFollowUp.objects.get().done_at is not None
    assert JournalEntry.objects.filter(verb="secret.renewal_needed").count() == 1
    assert warned() == [(7, False), (14, True), (30, True), (60, True)]


def test_what_a_follow_up_asks_does_not_grow_with_the_services(deployed):
    counts = []
    for names in (["one"], ["two", "three"]):
        for name in names:
            deployed(name, ends_in_days=300)
        a_night_passes()
        with CaptureQueriesContext(connection) as captured:
            follow_up()
        counts.append(len(captured))
        NightlyRun.objects.all().delete()

    assert counts[0] == counts[1]
