"""The one reminder of each link, at the middle of its life."""

from datetime import timedelta

import pytest

from invitations.models import REMINDER, Invitation
from invitations.tasks import remind
from portal import celeryconfig
from portal.core.clock import now
from portal.core.journal import JournalEntry
from portal.core.outbox import MailState, OutboxMail
from portal.core.tasks import drain_mail
from services import pending
from services.models import Service
from services.pending import Shown
from tests.concurrency import at_once
from tests.conftest import IDA, actor_for

pytestmark = pytest.mark.usefixtures("mailbox")

HALF, MINUTE = timedelta(days=3.5), timedelta(minutes=1)


@pytest.fixture
def later(monkeypatch):
    """`later(HALF)`: the portal's clock stands so far from now."""

    def move(shift):
        monkeypatch.setenv("CLOCK_SHIFT", str(int(shift.total_seconds())))

    return move


@pytest.fixture
def sent(invitation, mailbox):
    """The invitation, its mail accepted by the relay; the mailbox is empty again."""
    drain_mail()
    mailbox.clear()
    invitation.refresh_from_db()
    return invitation


def reminders():
    return list(OutboxMail.objects.filter(kind=REMINDER).order_by("created_at"))


def sweep():
    """What beat and the mail worker do in a minute."""
    remind()
    drain_mail()


def test_beat_looks_each_minute():
    entry = celeryconfig.beat_schedule["invitation-reminders"]

    assert (entry["task"], entry["schedule"]) == (remind.name, MINUTE)


def test_before_half_its_life_nobody_is_reminded(sent, mailbox, later):
    later(HALF - MINUTE)
    sweep()

    assert (reminders(), len(mailbox)) == ([], 0)


def test_at_half_its_life_the_same_link_is_mailed_once_more_and_says_until_when(sent, mailbox, later):
    later(HALF + MINUTE)
    sweep()
    sweep()

    [mail] = mailbox.mails
    [row] = reminders()
    assert (row.key, row.state) == (f"invitation/{sent.uuid}/v1/reminder", MailState.SENT)
    assert (mail.to, mail.subject) == ([IDA], "Reminder: connect Brightwater Dental Group to Nordhafen Voice")
    assert [link for link in mail.links if "/i/" in link] == [sent.link]
    until = f"{sent.expires_at:%A}, {sent.expires_at.day} {sent.expires_at:%B %Y, %H:%M} (UTC)"
    for part in (mail.text, mail.html):
        assert "this is a reminder" in part
        assert until in part
        assert "Nobody will ask you for a password" in part


def test_reminders_are_counted_and_recorded(sent, later):
    later(HALF + MINUTE)
    sweep()

    sent.refresh_from_db()
    assert (sent.sent_count, sent.remind_at) == (2, None)
    assert JournalEntry.objects.latest("created_at").verb == "invitation.reminded"


def test_a_setting_changed_meanwhile_does_not_move_the_half_of_a_life_begun(sent, settings, later):
    settings.INVITATION_LIFETIME = timedelta(days=30)
    later(HALF + MINUTE)
    sweep()

    assert len(reminders()) == 1


@pytest.mark.parametrize("death", ["answered", "revoked", "expired"])
def test_a_dead_link_is_not_reminded_of(sent, olga, later, death):
    if death == "revoked":
        sent.revoke(actor_for(olga))
    elif death == "answered":
        Invitation.objects.update(authenticated_at=now())
    later(HALF * 2 + MINUTE if death == "expired" else HALF + MINUTE)
    sweep()

    assert reminders() == []


@pytest.mark.parametrize("change", ["answered", "revoked", "expired", "resent"])
def test_a_reminder_that_is_out_of_date_when_it_is_sent_is_withdrawn(sent, olga, mailbox, later, change):
    later(HALF + MINUTE)
    remind()
    sent.refresh_from_db()
    if change == "revoked":
        sent.revoke(actor_for(olga))
    elif change == "resent":
        sent.resend("right@brightwater.example", actor_for(olga))
    else:
        Invitation.objects.update(
            **{"answered": {"authenticated_at": now()}, "expired": {"expires_at": now()}}[change]
        )
    drain_mail()

    assert [mail.state for mail in reminders()] == [MailState.WITHDRAWN]
    assert [mail.to for mail in mailbox] == ([["right@brightwater.example"]] if change == "resent" else [])


def test_an_address_that_never_got_the_link_is_not_reminded_of_it(invitation, mailbox, later):
    OutboxMail.objects.update(state=MailState.FAILED, next_try_at=None)
    later(HALF + MINUTE)
    sweep()

    assert ([mail.state for mail in reminders()], len(mailbox)) == ([MailState.WITHDRAWN], 0)


def test_each_link_has_its_own_life_and_its_own_reminder(sent, olga, mailbox, later):
    later(HALF + MINUTE)
    sweep()
    sent.refresh_from_db()
    sent.resend("right@brightwater.example", actor_for(olga))
    sweep()
    between = len(reminders())
    later(HALF * 2 + MINUTE * 3)
    sweep()

    keys = [mail.key.rpartition("/v")[2] for mail in reminders()]
    assert (between, keys) == (1, ["1/reminder", "2/reminder"])
    assert mailbox.mails[-1].to == ["right@brightwater.example"]


def test_resent_before_its_half_the_old_link_is_not_reminded_of(sent, olga, later):
    later(HALF - MINUTE)
    sent.resend(IDA, actor_for(olga))
    later(HALF + MINUTE)
    sweep()

    assert reminders() == []


@pytest.mark.django_db(transaction=True)
def test_two_beats_at_the_same_moment_remind_once(sent, mailbox, later):
    later(HALF + MINUTE)
    stale = Invitation.objects.get()

    answers = at_once(remind, remind, stale.remind, Invitation.objects.get().remind)
    drain_mail()

    assert answers[2:].count(True) <= 1
    assert (len(reminders()), len(mailbox)) == (1, 1)
    assert JournalEntry.objects.filter(verb="invitation.reminded").count() == 1


def test_finding_those_to_remind_is_one_query(sent, django_assert_num_queries):
    with django_assert_num_queries(1):
        remind()


def test_pending_invitations_say_when_the_living_link_was_reminded_of(sent, olga, later, as_olga):
    later(HALF + MINUTE)
    sweep()
    [mail] = reminders()
    reminded = device(olga)
    page = as_olga.get("/pending-invitations/").content.decode()
    sent.refresh_from_db()
    sent.resend(IDA, actor_for(olga))

    words = f"waits for the customer, reminded {pending.moment(mail.sent_at)}"
    assert reminded == Shown("wait", "No", words)
    assert words in page
    assert device(olga) == Shown("wait", "No", "waits for the customer")


def device(operator):
    return pending.rows(Service.objects.with_connection(), operator)[0].device


def test_reminders_cost_the_list_no_query(sent, as_olga, olga, later, django_assert_max_num_queries):
    later(HALF + MINUTE)
    sweep()

    with django_assert_max_num_queries(8):
        as_olga.get("/pending-invitations/")
