"""R1, R2: a web process dies right after the commit, or right before: the mail arrives, or there is none."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from portal import processes
from portal.core.outbox import OutboxMail
from portal.places import free_port
from services.models import Service
from tests.conftest import IDA
from tests.mailing import kill, stopped
from tests.visitor import Visitor


@pytest.fixture
def web(start_process):
    """`web(failpoint)`: a web process of this test's own, answering, and a visitor at it."""

    def start(failpoint=""):
        port = free_port()
        child = start_process("web", processes.web(port), FAILPOINTS=failpoint)
        visitor = Visitor(port)
        child.wait_until(visitor.is_answered)
        return child, visitor

    return start


def invite_until_it_dies(child, visitor, operator, customer):
    """Somebody sends the form; the process that works at it stands at its failpoint, and is killed there."""
    visitor.signs_in(operator)
    visitor.select(customer)
    with ThreadPoolExecutor(1) as browser:
        asked = browser.submit(visitor.invite, IDA, short_name="brightwater")
        child.wait_until(lambda: stopped(child) is not None)
        kill(child)
        assert isinstance(asked.exception(timeout=60), requests.ConnectionError)


def test_r01_a_web_process_that_dies_after_the_commit_and_before_the_wake_up_call_loses_no_mail(
    web, mailroom, olga, customer
):
    mailroom.worker()
    invite_until_it_dies(*web("wake.after_commit"), olga, customer)
    [mail] = OutboxMail.objects.all()
    assert (mail.recipient, mail.state, mail.attempts) == (IDA, "queued", 0)

    web()
    mailroom.beat()

    mailroom.relay.wait_for("dot", within=60)
    assert mailroom.relay.message_ids == [mail.message_id]


def test_r02_a_web_process_that_dies_before_the_commit_leaves_neither_a_mail_nor_a_service(
    web, mailroom, olga, customer
):
    mailroom.worker()
    mailroom.beat()
    invite_until_it_dies(*web("mail.posted"), olga, customer)
    assert (OutboxMail.objects.count(), Service.objects.count()) == (0, 0)

    _child, visitor = web()
    visitor.signs_in(olga)
    visitor.select(customer)
    visitor.invite("other@brightwater.example", short_name="brightwater")

    # This one leaves, and the other one is nowhere.
    mailroom.relay.wait_for("dot", within=60)
    assert [message["To"] for message in mailroom.relay.messages] == ["other@brightwater.example"]
