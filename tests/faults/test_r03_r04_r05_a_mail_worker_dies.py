"""R3, R4, R5: a mail worker dies before the final dot, in the gap behind it, or with the result stored."""

import pytest
from django.db.models.functions import Now

from portal.core.mail_status import mail_shown
from portal.core.outbox import WORKER_LOST, OutboxMail
from tests.mailing import is_settled, kill, queue, stopped
from tests.scripted_smtp import STALL, Taken

PHASES = ["greeting", "EHLO", "MAIL", "RCPT", "DATA"]


@pytest.fixture
def mail(transactional_db, olga, mailroom):
    return queue(1, olga)[0]


def test_r03_a_mail_whose_workers_die_in_each_phase_before_the_dot_is_received_once(mail, mailroom, relay):
    mailroom.beat()
    for phase in PHASES:
        friendly, relay.script[phase] = relay.script[phase], STALL
        before = relay.reached[phase]
        doomed = mailroom.worker()
        relay.wait_for(phase, times=before + 1)
        kill(doomed)
        relay.script[phase] = friendly
        relay.release()
    doomed = mailroom.worker(FAILPOINTS="mail.before_dot")  # all of it is sent but the dot
    doomed.wait_until(lambda: stopped(doomed) is not None)
    kill(doomed)

    last = mailroom.worker()
    last.wait_until(lambda: is_settled(mail))

    mail.refresh_from_db()
    assert relay.message_ids == [mail.message_id]
    assert (mail.state, mail.attempts, mail.uncertain_since) == ("sent", len(PHASES) + 2, None)


def test_r04_a_mail_whose_worker_dies_in_the_gap_is_uncertain_and_comes_twice_at_most_under_one_message_id(
    mail, mailroom, relay
):
    relay.script["dot"] = [Taken(STALL), Taken()]
    doomed = mailroom.worker()
    relay.wait_for("dot")
    kill(doomed)
    relay.release()
    mailroom.beat()

    other = mailroom.worker()
    other.wait_until(lambda: OutboxMail.objects.filter(state="uncertain").exists())
    mail.refresh_from_db()
    assert (mail.smtp_reply, len(relay.accepted)) == (WORKER_LOST, 1)
    assert mail_shown(mail).words == "uncertain"
    assert mail.next_try_at is not None

    OutboxMail.objects.filter(lease_until=None).update(next_try_at=Now())  # its pause is over
    other.wait_until(lambda: is_settled(mail))

    mail.refresh_from_db()
    assert (mail.state, mail.uncertain_since is not None) == ("sent", True)
    assert relay.message_ids == [mail.message_id] * 2


def test_r05_a_mail_whose_worker_dies_with_the_result_stored_is_not_sent_again(mail, mailroom, relay, olga):
    doomed = mailroom.worker(FAILPOINTS="mail.concluded")
    doomed.wait_until(lambda: stopped(doomed) is not None)
    kill(doomed)
    assert OutboxMail.objects.get().state == "sent"
    mailroom.beat()

    [later] = queue(1, olga, key="later")
    other = mailroom.worker()
    other.wait_until(lambda: is_settled(later))

    assert relay.message_ids == [mail.message_id, later.message_id]


def test_r03_a_suspended_worker_that_comes_back_after_its_lease_sends_nothing(mail, mailroom, relay):
    # With all the time in the world for one mail: it is not the watchdog that keeps the dot back.
    late = mailroom.worker("-c", "1", FAILPOINTS="mail.before_dot", MAIL_LONGEST_SEND_SECONDS="600")
    late.wait_until(lambda: stopped(late) is not None)
    suspended = stopped(late)
    mailroom.beat()
    other = mailroom.worker()
    other.wait_until(lambda: is_settled(mail))

    suspended.resume()
    relay.wait_for_lines(0)

    mail.refresh_from_db()
    assert (relay.message_ids, relay.reached["body"], mail.state) == ([mail.message_id], 2, "sent")
