"""The banner of operators' pages: what stands still, since when, and whom to tell; on no page of an invitee."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.urls import reverse

from m365.models import ConnectionState, NightlyRun, RunTally
from m365.models.nightly import DISCONNECTED
from portal.core import heartbeats
from portal.core.clock import now
from portal.core.heartbeats import Part

PAGES = ["dashboard", "notices", "services:services", "services:onboarding", "preferences"]
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.usefixtures("silence_is_told")


def banner(client, name="dashboard"):
    """Its words; empty when there is none."""
    page = client.get(reverse(name))
    assert page.status_code == 200
    found = re.search(r'aria-label="What stands still">(.*?)</section>', page.content.decode(), re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split()) if found else ""


def alarms(client):
    return [(alarm.shape, alarm.lead) for alarm in client.get(reverse("dashboard")).context["alarms"]]


@pytest.mark.parametrize("name", PAGES)
def test_all_is_well_and_nothing_is_said(as_olga, alive, name):
    assert banner(as_olga, name) == ""


@pytest.mark.parametrize("name", PAGES)
def test_a_queue_that_nobody_takes_from_is_said_on_every_page(as_olga, alive, name):
    alive(mail=MINUTE * 7)

    said = banner(as_olga, name)

    assert said == (
        "Mails are not sent. The workers of mail have taken nothing for 7 minutes. What was entered is kept, and done "
        "as soon as they are back. Please tell whoever runs the portal; Trouble in docs/operations.md says what to do."
    )


def test_several_queues_are_one_alarm(as_olga, alive):
    alive(mail=MINUTE * 7, microsoft=MINUTE * 300, nightly=MINUTE * 9)

    assert alarms(as_olga) == [
        ("err", "Mails are not sent, validations are not done and the nightly check does not run.")
    ]
    assert "The workers of mail, microsoft and nightly have taken nothing for 7 minutes." in banner(as_olga)


def test_a_silent_beat_is_one_alarm_and_blames_no_worker(as_olga, alive):
    alive(**dict.fromkeys(Part, MINUTE * 240))

    assert alarms(as_olga) == [("err", "Nothing begins by itself.")]
    assert "has sent nothing for 4 hours" in banner(as_olga)


@pytest.mark.parametrize(
    ("minutes", "words"), [(4, "4 minutes"), (119, "119 minutes"), (120, "2 hours"), (2880, "2 days")]
)
def test_how_long_is_said_in_one_unit(as_olga, alive, minutes, words):
    alive(microsoft=MINUTE * minutes)

    assert f"have taken nothing for {words}." in banner(as_olga)


def test_a_new_installation_has_its_time_and_then_is_told(as_olga, db, monkeypatch):
    monkeypatch.setattr(heartbeats, "_asking_since", heartbeats.time.monotonic())
    assert banner(as_olga) == ""

    monkeypatch.setattr(heartbeats, "_asking_since", heartbeats.time.monotonic() - 180)

    assert [shape for shape, _lead in alarms(as_olga)] == ["err", "err"]
    assert "have taken nothing since the portal was started" in banner(as_olga)


@pytest.fixture
def night(channel, alive):
    """A night that ended an hour ago, in which three of one state and one that works were looked at."""

    def make(state, *, cause="", hours_ago=1, of=channel):
        at = now() - timedelta(hours=hours_ago)
        run = NightlyRun.objects.create(date=at.date(), began_at=at, deadline_at=at, finished_at=at)
        RunTally.objects.create(run=run, channel=of, state=state, cause_name=cause, count=3)
        RunTally.objects.create(run=run, channel=of, state=ConnectionState.EXPIRED, count=1)
        return run

    return make


def test_an_incomplete_night_leads_to_what_was_not_checked(as_olga, night):
    run = night(ConnectionState.NOT_CHECKED)

    assert banner(as_olga) == (
        "The last night is incomplete. 3 of 4 connections were not checked. The next night looks again, "
        "Validate Authentication at once. Show"
    )
    listed = reverse("services:nightly_items", args=[run.date, "not-checked"])
    assert f'href="{listed}">Show' in as_olga.get(reverse("dashboard")).content.decode()
    assert alarms(as_olga) == [("warn", "The last night is incomplete.")]


def test_what_was_disconnected_meanwhile_is_missed_by_nobody(as_olga, night):
    night(ConnectionState.NOT_CHECKED, cause=DISCONNECTED)

    assert alarms(as_olga) == []


def test_another_channel_s_connections_concern_nobody_here(as_olga, as_max, night, other_channel):
    night(ConnectionState.NOT_CHECKED, of=other_channel)

    assert alarms(as_olga) == []
    assert alarms(as_max) == [("warn", "The last night is incomplete.")]


def test_a_night_that_did_not_come_is_an_alarm_even_where_the_last_was_complete(as_olga, night):
    night(ConnectionState.OK, hours_ago=25.9)
    assert alarms(as_olga) == []
    NightlyRun.objects.update(began_at=now() - timedelta(hours=26))

    assert alarms(as_olga) == [("err", "The nightly check is overdue.")]
    assert f'href="{reverse("services:nightly_runs")}">Nightly runs' in as_olga.get("/").content.decode()


def test_invitees_and_who_is_signed_out_see_none(client, alive, service):
    alive(mail=MINUTE * 30, beat=MINUTE * 20)

    pages = [reverse("account_login"), reverse("invitations:guide"), urlsplit(service.invitation.link).path]
    shown = [client.get(page, follow=True) for page in pages]

    assert [page.status_code for page in shown] == [200] * 3
    assert not any("stands still" in page.content.decode() for page in shown)
