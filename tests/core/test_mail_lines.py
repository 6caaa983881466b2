"""How many lines to the mail server are open at once: as many as are set, and fewer when it asks for that."""

import uuid
from datetime import timedelta

import pytest
import redis
from django.conf import settings as django_settings
from django.db.models import F
from django.db.models.functions import Now

from portal.core import outbox
from portal.core.actors import PORTAL
from portal.core.letters import Letter
from portal.core.mail_lines import REST, STEP, MailLine
from portal.core.outbox import OutboxMail
from portal.core.tasks import BATCH, drain_mail
from tests.concurrency import at_once
from tests.scripted_smtp import ScriptedSmtp, Taken

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)
PROVIDER = uuid.uuid4()


@pytest.fixture(autouse=True)
def _eight(settings):
    settings.MAIL_LINES = 8


@pytest.fixture
def relay(settings):
    with ScriptedSmtp() as relay:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", relay.port
        settings.EMAIL_USE_SSL = settings.EMAIL_USE_TLS = False
        settings.EMAIL_HOST_USER = ""
        yield relay


@pytest.fixture
def queue(channel):
    outbox.register("test.line", lambda mail: Letter("Subject", "Text", "<p>HTML</p>"))

    def post(count):
        for number in range(count):
            outbox.post("test.line", channel.id, f"{number}@x.example", key=f"{number}", actor=PORTAL)

    return post


class Messages:
    """Those that wait in the broker for a mail worker."""

    def __init__(self):
        self.broker = redis.from_url(django_settings.REDIS_URL)

    def __len__(self):
        return self.broker.llen("mail")

    def clear(self):
        self.broker.delete("mail")


@pytest.fixture
def messages():
    waiting = Messages()
    yield waiting
    waiting.clear()
    waiting.broker.close()


def take(count=1):
    return [MailLine.objects.take() for _ in range(count)]


def pass_time(by):
    """As if so much time had passed for every line that rests."""
    MailLine.objects.update(next_try_at=F("next_try_at") - by)


def usable():
    return MailLine.objects.usable().due().count()


def test_as_many_are_taken_as_are_set_whoever_takes_them():
    taken = at_once(*[MailLine.objects.take] * 12)

    # Whoever comes while a line is being looked at may find none: then one more is left.
    assert 1 <= len([line for line in taken if line]) <= 8
    assert len({line.number for line in taken if line}) == len([line for line in taken if line])
    while MailLine.objects.take():
        pass
    assert MailLine.objects.held().count() == 8


def test_a_line_that_is_given_back_is_free_and_that_of_a_dead_worker_later(settings):
    first, _dead = take(2)
    settings.MAIL_LINES = 2
    assert take() == [None]

    first.give_back()
    assert take() == [MailLine(number=first.number)]
    MailLine.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert take(3)[2] is None


def test_half_of_those_that_are_open_rest_and_come_back_one_by_one():
    lines = take(6)
    assert lines[5].slow_down() is True
    for line in lines:
        line.give_back()

    assert (take(), MailLine.objects.allowance().lines) == ([None], 0)
    pass_time(REST)
    counts = [usable()]
    for _minute in range(6):
        pass_time(STEP)
        counts.append(usable())
    assert counts == [3, 4, 5, 6, 7, 8, 8]
    assert MailLine.objects.allowance().full_at is None


def test_several_that_are_told_at_the_same_moment_are_one_reason():
    lines = take(8)

    said = at_once(*[line.slow_down for line in lines])

    assert sorted(said) == [False] * 7 + [True]
    pass_time(REST)
    for line in lines:
        line.give_back()
    assert usable() == 4


def test_a_line_that_was_opened_afterwards_and_is_one_too_many_halves_them_again():
    lines = take(8)
    lines[0].slow_down()
    pass_time(REST)
    for line in lines:
        line.give_back()
    fewer = take(4)

    assert fewer[0].slow_down() is True

    pass_time(REST)
    for line in fewer:
        line.give_back()
    assert usable() == 2


def test_the_last_line_rests_and_comes_back():
    [line] = take()
    line.slow_down()
    line.give_back()

    assert take() == [None]
    pass_time(REST)
    assert len([one for one in take(2) if one]) == 1


@pytest.mark.parametrize("phase", ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "dot"])
@pytest.mark.parametrize("code", [421, 432])
def test_one_mail_is_told_so_and_the_others_of_its_batch_wait_untried(relay, queue, phase, code):
    reply = f"{code} 4.3.2 too many connections\r\n".encode()
    relay.script[phase] = reply
    if phase == "EHLO":
        relay.script["HELO"] = reply
    queue(BATCH)

    drain_mail()
    drain_mail()

    tried = OutboxMail.objects.exclude(smtp_code=None).values_list("state", "smtp_code", "attempts")
    assert list(tried) == [("queued", code, 1)]
    assert OutboxMail.objects.filter(attempts=0, lease_until=None).count() == BATCH - 1
    assert MailLine.objects.allowance().lines == 0

    relay.script |= {
        phase: b"250 ok\r\n",
        "greeting": b"220 hello\r\n",
        "DATA": b"354 go on\r\n",
        "dot": Taken(),
    }
    pass_time(REST)
    drain_mail()
    assert len(relay.accepted) == BATCH - 1


def test_eight_workers_open_no_more_lines_than_are_set(relay, queue, settings):
    settings.MAIL_LINES = 2
    queue(40)

    at_once(*[drain_mail] * 8)

    assert len(relay.accepted) == 40
    assert relay.most_open_lines <= 2


def test_whoever_finds_no_line_leaves_the_mails_alone(relay, queue, settings):
    settings.MAIL_LINES = 1
    [line] = take()
    queue(1)

    drain_mail()
    assert (relay.lines, OutboxMail.objects.get().attempts) == (0, 0)

    line.give_back()
    drain_mail()
    assert len(relay.accepted) == 1


def test_whoever_gives_a_line_back_looks_once_more(relay, queue, messages):
    """A mail that came due when nothing was due any more, whose worker found the line still open, is not left lying."""
    queue(1)
    later = outbox.post("test.line", PROVIDER, "later@x.example", key="later", actor=PORTAL)
    OutboxMail.objects.filter(pk=later.pk).update(next_try_at=Now() + MINUTE)

    def comes_due(word):
        if word == "QUIT":
            OutboxMail.objects.filter(pk=later.pk).update(next_try_at=Now())

    relay.on_reach = comes_due
    messages.clear()
    drain_mail()

    assert (len(relay.accepted), len(messages)) == (1, 1)


def test_with_nothing_left_nobody_is_woken(relay, queue, messages):
    queue(1)
    messages.clear()
    drain_mail()

    assert (len(relay.accepted), len(messages)) == (1, 0)
