"""Why a mail has not left, in plain words before the server's own."""

import pytest

from portal.core.mail_status import mail_shown, reason
from portal.core.outbox import MailState, OutboxMail


def mail(code, reply, state=MailState.QUEUED, attempts=1):
    return OutboxMail(smtp_code=code, smtp_reply=reply, state=state, attempts=attempts, next_try_at=None)


@pytest.mark.parametrize(
    ("code", "reply", "words"),
    [
        (550, "5.1.1 <ida@x.example> User unknown", "the server knows no such address"),
        (550, "5.1.10 null MX", "the server knows no such address"),
        (552, "5.2.2 Over quota", "the mailbox is full"),
        (452, "4.2.2 Over quota", "the mailbox is full"),
        (552, "5.2.3 too big", "the mail is too large for the server"),
        (550, "5.7.26 unauthenticated", "the server refuses the mail by its rules"),
        (554, "5.7.1\n5.7.1 Spam", "the server refuses the mail by its rules"),
        (535, "5.7.8 Bad credentials", "the server refuses the portal’s user name or password"),
        (450, "4.4.1 timed out", "the recipient’s server could not be reached"),
        (450, "4.1.1.7 is greylisted", "the server asks to come again later"),
        (421, "Too many connections", "the server is too busy"),
        (550, "No", "the server knows no such address, or refuses it"),
        (552, "given up: 5.2.2 Over quota", "the mailbox is full"),
        (571, "Blocked", "the server refuses the mail"),
        (471, "Later", "the server asks to come again later"),
        (550, "5.9.9 What?", "the server knows no such address, or refuses it"),
    ],
)
def test_what_a_server_said_is_explained_and_quoted(code, reply, words):
    said = reply.replace("\n", " ")

    assert reason(mail(code, reply)) == f"{words} (“{said}”, {code})"


@pytest.mark.parametrize(
    ("reply", "state", "words"),
    [
        (
            "ConnectionRefusedError: the mail server could not be reached",
            MailState.QUEUED,
            "the mail server could not be reached (ConnectionRefusedError)",
        ),
        (
            "SSLCertVerificationError: the mail server could not be reached",
            MailState.QUEUED,
            "the mail server’s certificate is not trusted (SSLCertVerificationError)",
        ),
        (
            "gaierror: the mail server could not be reached",
            MailState.QUEUED,
            "the mail server’s name is not known (gaierror)",
        ),
        (
            "TimeoutError: the mail server could not be reached",
            MailState.UNCERTAIN,
            "the line broke after the mail was handed over (TimeoutError)",
        ),
        ("a line end in address or subject", MailState.FAILED, "a line end in address or subject"),
        (
            "given up: gaierror: the mail server could not be reached",
            MailState.FAILED,
            "given up: gaierror: the mail server could not be reached",
        ),
    ],
)
def test_where_no_server_said_anything_what_happened_is_said(reply, state, words):
    assert reason(mail(None, reply, state)) == words


def test_perhaps_delivered_is_called_so():
    shown = mail_shown(
        mail(None, "TimeoutError: the mail server could not be reached", MailState.UNCERTAIN, 2)
    )

    assert (shown.shape, shown.words) == ("warn", "uncertain")
    assert (
        shown.sub
        == "perhaps delivered: the line broke after the mail was handed over (TimeoutError); 2 attempts"
    )
