"""One mail over SMTP against a server that follows a script: how far it got, and what that means."""

import socket
import threading

import pytest

from portal.core.letters import Letter, compose
from portal.core.smtp import Delivery, Line, Outcome
from tests.scripted_smtp import HANG_UP, ScriptedSmtp


def deliver(settings, recipient="ida@brightwater.example", **replies):
    letter = Letter("Subject", "Grüße", "<p>Grüße</p>")
    with ScriptedSmtp(**replies) as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_USE_SSL = settings.EMAIL_USE_TLS = False
        settings.EMAIL_HOST_USER = ""
        with Line() as line:
            return line.deliver(compose(letter, recipient, "<one@trunkline.example>")), server.heard


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ({}, Delivery(Outcome.ACCEPTED, 250, "2.0.0 queued")),
        ({"MAIL": b"452 full\r\n"}, Delivery(Outcome.NOT_NOW, 452, "full")),
        ({"RCPT": b"450 greylisted\r\n"}, Delivery(Outcome.NOT_NOW, 450, "greylisted")),
        ({"RCPT": b"550 nobody\r\n"}, Delivery(Outcome.REFUSED, 550, "nobody")),
        ({"DATA": b"554 no\r\n"}, Delivery(Outcome.REFUSED, 554, "no")),
        ({"dot": b"451 later\r\n"}, Delivery(Outcome.NOT_NOW, 451, "later")),
        ({"dot": b"552 too large\r\n"}, Delivery(Outcome.REFUSED, 552, "too large")),
    ],
)
def test_a_reply_to_the_mail_itself_decides(settings, replies, expected):
    assert deliver(settings, **replies)[0] == expected


@pytest.mark.parametrize("phase", ["greeting", "EHLO"])
def test_a_line_that_is_refused_says_nothing_about_the_mail(settings, phase):
    replies = {phase: b"554 not from there\r\n"}
    if phase == "EHLO":
        replies["HELO"] = replies[phase]

    assert deliver(settings, **replies)[0].outcome is Outcome.NOT_NOW


@pytest.mark.parametrize("phase", ["greeting", "EHLO", "MAIL", "RCPT", "DATA"])
def test_a_line_that_is_lost_before_the_final_dot_surely_sent_nothing(settings, phase):
    assert deliver(settings, **{phase: HANG_UP})[0].outcome is Outcome.NOT_NOW


@pytest.mark.parametrize("answer", [HANG_UP, b"what?\r\n"])
def test_without_an_answer_to_the_final_dot_nobody_knows(settings, answer):
    assert deliver(settings, dot=answer)[0].outcome is Outcome.UNCERTAIN


@pytest.mark.parametrize("phase", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("reply", [b"what?\r\n", b"220 hello\r\n", b"\0\0\0 \0\r\n"])
def test_a_reply_that_fits_no_command_is_no_acceptance_and_can_be_stored(settings, phase, reply):
    delivery, _heard = deliver(settings, **{phase: reply})

    assert delivery.outcome is Outcome.NOT_NOW
    assert delivery.code in (None, 220)
    assert "\0" not in delivery.reply


def test_after_a_refused_sender_the_recipient_is_not_told(settings):
    _delivery, heard = deliver(settings, MAIL=b"550 not you\r\n")

    assert [line[:4] for line in heard] == ["ehlo", "mail"]


def test_an_address_with_an_international_host_name_is_sent_to(settings):
    delivery, heard = deliver(settings, recipient="ida@münchen.example")

    assert delivery.outcome is Outcome.ACCEPTED
    assert "rcpt to:<ida@xn--mnchen-3ya.example>" in [line.lower() for line in heard]


def test_a_mail_is_written_in_seven_bits():
    letter = Letter("Grüße", "Grüße", "<p>Grüße</p>")

    assert compose(letter, "ida@brightwater.example", "<one@trunkline.example>").as_bytes().isascii()


def test_a_server_that_dribbles_is_cut_off_before_the_lease_could_end(settings):
    """Each byte begins a socket's time-out anew; that the worker is freed is the promise, so it is awaited."""
    settings.MAIL_LONGEST_SEND = 0.5
    stop = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))

    def dribble():
        connection, _address = listening.accept()
        with connection:
            connection.sendall(b"220 hello\r\n")
            try:
                while not stop.wait(0.05):
                    connection.sendall(b"2")
            except OSError:
                return

    thread = threading.Thread(target=dribble)
    thread.start()
    settings.EMAIL_HOST, settings.EMAIL_PORT = listening.getsockname()
    settings.EMAIL_USE_SSL = settings.EMAIL_USE_TLS = False
    letter = Letter("Subject", "Text", "<p>Text</p>")
    with Line() as line:
        delivery = line.deliver(compose(letter, "ida@brightwater.example", "<one@trunkline.example>"))
    stop.set()
    thread.join()
    listening.close()

    assert delivery.outcome is Outcome.NOT_NOW
