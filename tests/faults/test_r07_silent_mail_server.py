"""R7: a mail server that says nothing, or a byte now and then, holds no worker beyond the deadline.

The time is the promise itself, so here it is asserted.
"""

import time

import pytest

from portal.core.letters import Letter, compose
from portal.core.smtp import Line, Outcome
from tests.proxy import Proxy
from tests.scripted_smtp import STALL, Packets

TIMEOUT, DEADLINE = 1.0, 2.0
# For a machine that has other things to do; the faults would last for ever.
GRACE = 8.0
BEFORE_THE_DOT = ["greeting", "EHLO", "MAIL", "RCPT", "DATA"]


@pytest.fixture(autouse=True)
def _impatient(settings, relay):
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", relay.port
    settings.EMAIL_USE_SSL = settings.EMAIL_USE_TLS = False
    settings.EMAIL_HOST_USER = ""
    settings.EMAIL_TIMEOUT, settings.MAIL_LONGEST_SEND = TIMEOUT, DEADLINE


def deliver():
    """The outcome, within the deadline."""
    mail = compose(
        Letter("Subject", "Text", "<p>HTML</p>"), "ida@brightwater.example", "<one@trunkline.example>"
    )
    began = time.monotonic()
    with Line() as line:
        outcome = line.deliver(mail).outcome
    assert time.monotonic() - began < DEADLINE + GRACE
    return outcome


def dribble(relay):
    """A reply that goes on and on: each byte begins a socket's own time-out anew."""
    return Packets((b"2",) * 1000, pause=0.1)


def silence(relay):
    return STALL


@pytest.mark.parametrize("fault", [silence, dribble])
@pytest.mark.parametrize("phase", BEFORE_THE_DOT)
def test_r07_before_the_dot_it_is_surely_not_sent(relay, phase, fault):
    relay.script[phase] = fault(relay)

    assert deliver() is Outcome.NOT_NOW
    assert relay.accepted == []


@pytest.mark.parametrize("fault", [silence, dribble])
def test_r07_behind_the_dot_it_is_uncertain(relay, fault):
    relay.script["dot"] = fault(relay)

    assert deliver() is Outcome.UNCERTAIN


@pytest.mark.parametrize("fault", [silence, dribble])
def test_r07_a_server_that_does_not_say_goodbye_changes_nothing(relay, fault):
    relay.script["QUIT"] = fault(relay)

    assert deliver() is Outcome.ACCEPTED


def test_r07_a_line_that_is_frozen_under_a_mail_ends(relay, settings):
    """No byte and no end of the connection comes any more, as when a firewall forgets it."""
    with Proxy(relay.port) as proxy:
        settings.EMAIL_PORT = proxy.port
        relay.on_reach = lambda word: proxy.freeze() if word == "DATA" else None

        assert deliver() is Outcome.NOT_NOW
