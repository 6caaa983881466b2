"""The outbox against a real mail server: what is sent, once, and what the row says afterwards."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from portal.core import outbox
from portal.core.actors import PORTAL
from portal.core.letters import Letter
from portal.core.mail_status import mail_shown, moment
from portal.core.outbox import OutboxMail
from portal.core.tasks import drain_mail
from tests.concurrency import at_once
from tests.conftest import IDA
from tests.scripted_smtp import HANG_UP, ScriptedSmtp, Taken

pytestmark = pytest.mark.django_db(transaction=True)


def letter(mail):
    return Letter("Grüße", f"Text for {mail.recipient}\n.\nafter a lone dot", "<p>HTML</p>")


@pytest.fixture
def settled():
    """Ids of the mails whose receiver was called."""
    return []


@pytest.fixture(autouse=True)
def _kinds(settled):
    outbox.register("test.letter", letter, lambda mail: settled.append(mail.id))
    outbox.register("test.withdrawn", lambda mail: None)


def post(key="one", kind="test.letter", recipient=IDA):
    return outbox.post(kind, PORTAL_ID, recipient, key=key, actor=PORTAL)


PORTAL_ID = "6f8d1a52-4d8e-4f3c-8d0a-0a4b3f1c2d11"


def test_a_posted_mail_arrives_once_with_text_and_html(mailbox, settled):
    mail = post()
    drain_mail()
    drain_mail()

    [received] = mailbox.messages
    mail.refresh_from_db()
    assert received["Message-ID"] == mail.message_id
    assert (received["To"], received["Subject"], received["Auto-Submitted"]) == (
        IDA,
        "Grüße",
        "auto-generated",
    )
    text = received.get_body(("plain",)).get_content()
    assert text.splitlines() == [f"Text for {IDA}", ".", "after a lone dot"]
    assert received.get_body(("html",)).get_content().strip() == "<p>HTML</p>"
    assert (mail.state, mail.attempts, mail.smtp_code, mail.next_try_at) == ("sent", 1, 250, None)
    assert settled == [mail.id]


def test_the_same_key_is_the_same_mail(mailbox):
    first, second = post(), post()
    drain_mail()

    assert first.id == second.id
    assert len(mailbox.messages) == 1


def test_two_workers_send_each_mail_once(mailbox):
    keys = {f"key {number}" for number in range(20)}
    for key in keys:
        post(key)

    at_once(drain_mail, drain_mail)

    ids = [message["Message-ID"] for message in mailbox.messages]
    assert sorted(ids) == sorted(OutboxMail.objects.values_list("message_id", flat=True))


def test_what_is_rolled_back_sends_nothing(mailbox):
    with pytest.raises(RuntimeError), transaction.atomic():
        post()
        raise RuntimeError
    drain_mail()

    assert (len(mailbox.messages), OutboxMail.objects.count()) == (0, 0)


def test_a_renderer_that_answers_none_withdraws_the_mail(mailbox):
    mail = post(kind="test.withdrawn")
    drain_mail()

    mail.refresh_from_db()
    assert (mail.state, mail.next_try_at, mailbox.messages) == ("withdrawn", None, [])


def test_without_a_mail_server_it_waits_in_the_database_and_leaves_later(mailbox, settings):
    mail = post()
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    drain_mail()
    mail.refresh_from_db()
    assert (mail.state, mail.attempts, mail.smtp_reply) == (
        "queued",
        1,
        "ConnectionRefusedError: the mail server could not be reached",
    )
    assert mail.next_try_at is not None

    settings.EMAIL_PORT = port
    OutboxMail.objects.update(next_try_at=Now())
    drain_mail()
    mail.refresh_from_db()
    assert (mail.state, mail.attempts, len(mailbox.messages)) == ("sent", 2, 1)


def test_after_days_of_trying_it_gives_up_and_keeps_the_servers_last_words(mailbox, settings):
    mail = post()
    settings.EMAIL_PORT = 1
    drain_mail()
    OutboxMail.objects.update(
        next_try_at=Now(), created_at=Now() - outbox.GIVE_UP_AFTER - timedelta(minutes=1)
    )
    drain_mail()

    mail.refresh_from_db()
    assert (mail.state, mail.next_try_at) == ("failed", None)
    assert mail.smtp_reply == "given up: ConnectionRefusedError: the mail server could not be reached"


@pytest.mark.parametrize("address", ["ida@x.example\r\nBcc: eve@y.example", "ida@x.example\nX: y"])
def test_a_line_end_in_an_address_never_reaches_the_mail_server(mailbox, address):
    mail = post(recipient=address)
    drain_mail()

    mail.refresh_from_db()
    assert (mail.state, mail.smtp_reply, mailbox.messages) == (
        "failed",
        "a line end in address or subject",
        [],
    )


def test_no_link_and_no_text_of_a_mail_is_stored(mailbox):
    mail = post()
    drain_mail()

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT row_to_json(core_outboxmail)::text FROM core_outboxmail WHERE id = %s", [mail.id]
        )
        [stored] = cursor.fetchone()
    assert "Grüße" not in stored
    assert "Text for" not in stored


@pytest.fixture
def relay(settings):
    with ScriptedSmtp() as relay:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", relay.port
        yield relay


def try_again():
    """As if its pause, or the lease of a dead worker, were over."""
    OutboxMail.objects.filter(next_try_at__isnull=False).update(next_try_at=Now(), lease_until=None)
    drain_mail()


def test_before_the_final_dot_it_is_noted_and_with_the_result_no_longer(relay):
    mail = post()
    noted = []
    relay.on_reach = lambda word: (
        noted.append(OutboxMail.objects.get().handed_over_at) if word == "dot" else None
    )
    drain_mail()

    mail.refresh_from_db()
    assert noted[0] is not None
    assert (mail.state, mail.handed_over_at) == ("sent", None)


def test_a_mail_that_somebody_else_took_over_gets_no_final_dot(relay):
    mail = post()

    def take_over(word):
        if word == "RCPT":
            OutboxMail.objects.update(lease_until=Now() - timedelta(seconds=1))
            OutboxMail.objects.claim(batch=1, lease=timedelta(minutes=2))

    relay.on_reach = take_over
    drain_mail()

    mail.refresh_from_db()
    assert (relay.reached["body"], relay.accepted) == (1, [])
    assert (mail.state, mail.lease_no, mail.smtp_reply) == ("queued", 2, "")


def test_a_worker_that_died_after_the_dot_leaves_it_uncertain_and_it_is_resent_once(relay, settled):
    mail = post()
    for _death in range(2):
        OutboxMail.objects.update(next_try_at=Now())
        [lost] = OutboxMail.objects.claim(batch=1, lease=timedelta(minutes=2))
        assert lost.hand_over()
        try_again()
        mail.refresh_from_db()
        assert (mail.state, mail.smtp_reply) == ("uncertain", outbox.WORKER_LOST)
        assert mail_shown(mail).words == "uncertain"
        assert "the portal stopped while the mail was handed over (WorkerLost)" in mail_shown(mail).sub
        assert relay.accepted == []

    # Once is enough: nobody sends it a third time by itself.
    assert mail.next_try_at is None
    assert settled == [mail.id] * 2


def test_an_uncertain_mail_is_resent_under_its_message_id_and_counts_as_sent(relay):
    mail = post()
    relay.script["dot"] = [Taken(HANG_UP), Taken()]
    drain_mail()
    mail.refresh_from_db()
    assert (mail.state, mail.attempts) == ("uncertain", 1)
    since = mail.uncertain_since

    try_again()

    mail.refresh_from_db()
    assert (mail.state, mail.uncertain_since) == ("sent", since)
    assert relay.message_ids == [mail.message_id] * 2


def test_the_pause_before_the_resend_is_the_first_one_however_often_workers_died_before(relay):
    mail = post()
    OutboxMail.objects.update(attempts=6)
    relay.script["dot"] = HANG_UP
    drain_mail()

    mail.refresh_from_db()
    assert mail.state == "uncertain"
    assert mail.next_try_at - mail.uncertain_since < 2 * outbox.FIRST_PAUSE


def test_a_mail_that_cannot_be_written_waits_and_holds_up_no_other(relay, caplog):
    def broken(mail):
        raise LookupError

    outbox.register("test.broken", broken)
    unwritten, unknown = post("first", kind="test.broken"), post("second", kind="test.of_the_next_release")
    post("third")
    drain_mail()

    assert len(relay.accepted) == 1
    for mail in (unwritten, unknown):
        mail.refresh_from_db()
        assert (mail.state, mail.attempts, mail.lease_until) == ("queued", 1, None)
        assert mail_shown(mail).sub == "the portal could not write this mail; 1 attempt, next try " + moment(
            mail.next_try_at
        )
    assert "LookupError" in caplog.text


def test_hundred_mails_take_one_line(relay):
    for number in range(100):
        post(f"key {number}")
    drain_mail()

    assert (len(relay.accepted), relay.lines) == (100, 1)
