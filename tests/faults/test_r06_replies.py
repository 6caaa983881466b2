"""R6: what 4xx and 5xx mean: tried again on schedule, or not, and the operator reads the server's own words."""

import re
from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now

from portal.core.mail_lines import REST, MailLine
from portal.core.outbox import FIRST_PAUSE, LONGEST_PAUSE, OutboxMail
from portal.core.tasks import drain_mail
from tests.scripted_smtp import HANG_UP, Packets, slowly

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/pending-invitations/"
TRIES = 8
IN_PACKETS = Packets((b"451-4.7.1 Grey", b"listed\r\n45", b"1 4.7.1 come later\r", b"\n"))


@pytest.fixture
def mail(service, relay, settings):
    """The invitation's mail, and a mail server that follows a script."""
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", relay.port
    settings.EMAIL_TIMEOUT = 10
    return OutboxMail.objects.get()


def try_on_schedule(mail, times):
    """Try it so often, each time when its pause has ended; the pauses in seconds, None for no further try."""
    pauses = []
    for _ in range(times):
        drain_mail()
        mail.refresh_from_db()
        rows = OutboxMail.objects.filter(pk=mail.pk).annotate(left=F("next_try_at") - Now())
        left = rows.get().left
        pauses.append(left and left.total_seconds())
        rows.update(next_try_at=Now())
        MailLine.objects.update(next_try_at=Now())
        if left is None:
            rows.update(next_try_at=None)
            return pauses
    return pauses


def words(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.mark.parametrize("phase", ["MAIL", "RCPT", "DATA", "dot"])
@pytest.mark.parametrize("code", [421, 432, 450, 451, 452])
def test_r06_a_4xx_is_tried_again_after_growing_jittered_pauses_and_shown(
    mail, relay, as_olga, service, code, phase
):
    relay.script[phase] = f"{code} 4.3.2 not at this moment\r\n".encode()

    pauses = try_on_schedule(mail, TRIES)

    for number, seconds in enumerate(pauses):
        full = min(FIRST_PAUSE * 2**number, LONGEST_PAUSE).total_seconds()
        assert full * 0.75 - 5 <= seconds <= full  # some seconds may have passed since it was settled
    assert len(set(pauses)) == TRIES
    assert (mail.state, mail.attempts, mail.smtp_code) == ("queued", TRIES, code)
    assert relay.accepted == []
    assert f"(“4.3.2 not at this moment”, {code})" in words(as_olga.get(PAGE))


@pytest.mark.parametrize("phase", ["MAIL", "RCPT", "DATA", "dot"])
@pytest.mark.parametrize("code", [550, 552, 554])
def test_r06_a_5xx_is_told_at_once_and_not_tried_again(mail, relay, as_olga, service, code, phase):
    relay.script[phase] = f"{code} 5.7.1 we do not take this\r\n".encode()

    assert try_on_schedule(mail, TRIES) == [None]

    assert (mail.state, mail.attempts, mail.smtp_code, relay.accepted) == ("failed", 1, code, [])
    assert f"(“5.7.1 we do not take this”, {code}); 1 attempt" in words(as_olga.get(PAGE))


@pytest.mark.parametrize("reply", [IN_PACKETS, slowly(b"451 4.7.1 come later\r\n", pause=0.01)])
def test_r06_a_reply_that_comes_in_pieces_is_one_reply(mail, relay, as_olga, service, reply):
    relay.script["RCPT"] = reply

    assert len(try_on_schedule(mail, 1)) == 1

    assert (mail.state, mail.smtp_code) == ("queued", 451)
    assert mail.smtp_reply.endswith("4.7.1 come later")
    assert "4.7.1 come later”, 451)" in words(as_olga.get(PAGE))


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01\x00\n", b"hello?\r\n", b"9" * 9000 + b"\r\n", HANG_UP])
@pytest.mark.parametrize(
    ("phase", "state"), [("greeting", "queued"), ("RCPT", "queued"), ("DATA", "queued"), ("dot", "uncertain")]
)
def test_r06_garbage_is_no_acceptance_and_behind_the_dot_it_is_uncertain(mail, relay, phase, state, garbage):
    relay.script[phase] = garbage

    [left] = try_on_schedule(mail, 1)

    assert (mail.state, mail.attempts, left is not None) == (state, 1, True)
    assert 10 < timedelta(seconds=left).total_seconds() <= 15


def test_r06_the_sent_count_is_what_the_mail_server_accepted(mail, relay, service):
    """Refused for now, lost behind the dot, and accepted at last: one."""
    relay.script["RCPT"] = [b"450 4.2.0 later\r\n", relay.script["RCPT"]]
    relay.script["dot"] = [HANG_UP, relay.script["dot"]]
    counts = []
    for _ in range(3):
        try_on_schedule(mail, 1)
        service.invitation.refresh_from_db()
        counts.append(service.invitation.sent_count)

    assert counts == [0, 0, 1]
    assert len(relay.accepted) == 1


def test_r06_after_421_all_lines_rest_before_one_is_opened_again(mail, relay):
    relay.script["MAIL"] = b"421 4.7.0 too many\r\n"
    drain_mail()
    OutboxMail.objects.update(next_try_at=Now())
    drain_mail()
    assert relay.lines == 1

    MailLine.objects.update(next_try_at=F("next_try_at") - REST)
    drain_mail()
    assert relay.lines == 2
