"""The page on which an admin sees whether mail leaves."""

import re

import pytest
from django.db.models import F
from django.urls import reverse

from portal.core import trial_mail
from portal.core.journal import JournalEntry
from portal.core.mail_lines import REST, MailLine
from portal.core.moments import brief
from portal.core.outbox import OutboxMail
from portal.core.roles import Role
from portal.core.tasks import drain_mail
from tests.conftest import make_operator

PAGE, TRY = reverse("mail_server"), reverse("try_mail")


def words(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_a_test_mail_goes_to_the_admins_own_address_and_its_success_is_shown(as_olga, olga, mailbox):
    assert "None was asked for yet." in words(as_olga.get(PAGE))

    answer = as_olga.post(TRY, {"after": "", "recipient": "victim@other.example"})
    queued = words(as_olga.get(PAGE))
    drain_mail()

    assert answer["Location"] == PAGE
    assert "queued leaves in seconds" in queued
    [mail] = mailbox
    assert (mail.to, mail.message["Subject"]) == ([olga.email], "The portal can send mail")
    page = words(as_olga.get(PAGE))
    assert "(250)" in page
    assert "Look into your inbox" in page
    assert JournalEntry.objects.get().verb == "mail.tried"


def test_what_the_server_said_against_it_is_shown(as_olga, olga, mailbox):
    as_olga.post(TRY)
    trial_mail.newest(olga).settle(state="failed", smtp_code=550, smtp_reply="5.1.1 unknown", attempts=1)

    assert "refused: the server knows no such address (“5.1.1 unknown”, 550); 1 attempt" in words(
        as_olga.get(PAGE)
    )


def test_the_part_that_waits_is_asked_for_again_and_no_longer_once_it_is_settled(as_olga, olga, mailbox):
    as_olga.post(TRY)
    polled = as_olga.get(PAGE, headers={"HX-Request": "true"}).content.decode()
    drain_mail()
    settled = as_olga.get(PAGE, headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in polled
    assert 'hx-trigger="every 2s"' in polled
    assert "hx-trigger" not in settled


def test_sent_twice_it_is_one_mail_and_asked_for_again_a_second(as_olga, olga):
    as_olga.post(TRY, {"after": ""})
    as_olga.post(TRY, {"after": ""})
    assert OutboxMail.objects.count() == 1

    as_olga.post(TRY, {"after": str(trial_mail.newest(olga).pk)})
    assert OutboxMail.objects.count() == 2


def test_one_admin_does_not_see_another_ones(as_olga, as_max):
    as_olga.post(TRY)

    assert "None was asked for yet." in words(as_max.get(PAGE))


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMIN])
def test_it_is_for_admins(client, channel, role):
    client.force_login(make_operator("other@nordhafen.example", channel, role))

    assert (client.get(PAGE).status_code, client.post(TRY).status_code) == (403, 403)
    assert PAGE not in client.get(reverse("dashboard")).content.decode()


def test_a_server_that_asked_for_fewer_connections_is_shown(as_olga, settings):
    settings.MAIL_LINES = 4
    assert "Connections at most 4 at once" in words(as_olga.get(PAGE))

    lines = [MailLine.objects.take() for _ in range(4)]
    lines[0].slow_down()
    assert "none at this moment The mail server asked for fewer." in words(as_olga.get(PAGE))
    MailLine.objects.update(next_try_at=F("next_try_at") - REST)
    page = words(as_olga.get(PAGE))
    full_at = brief(MailLine.objects.get(number=4).next_try_at)
    assert (
        f"2 of 4 at once The mail server asked for fewer. One more is tried each minute, all 4 from {full_at}"
        in page
    )


def test_user_name_and_password_of_the_server_are_not_shown(as_olga, settings):
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "relay-user", "relay-password"

    page = as_olga.get(PAGE).content.decode()

    assert "with a user name" in page
    assert "relay-" not in page
