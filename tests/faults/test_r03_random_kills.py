"""R3, R4 at random points: slots and whole workers die in a long drain; compared with one that nobody disturbed."""

import random
import time
from collections import Counter
from contextlib import suppress

import psutil
import pytest
from django.db.models.functions import Now

from portal.core.outbox import OutboxMail
from tests.mailing import all_settled, kill, queue
from tests.scripted_smtp import Taken

pytestmark = pytest.mark.slow
KILLS = 200
# Every so often it is the whole worker, or a slot that is suspended for longer than its lease.
WHOLE_WORKER, SUSPENDED = 25, 10
SLOTS = "8"
# A dead worker's line is nobody's until its lease ends; here they die every moment.
LINES = {"MAIL_LINES": "60"}


def slots_of(worker):
    """The processes in which mail is sent."""
    return psutil.Process(worker.process.pid).children()


def all_settled_without_pauses():
    """As if each pause between two tries, which grow to minutes, had ended."""
    OutboxMail.objects.filter(next_try_at__gt=Now(), lease_until=None).update(next_try_at=Now())
    return all_settled()


class Disturber:
    """Kills something shortly after the relay has heard a number of words, and counts what it killed."""

    def __init__(self, mailroom, operator):
        self.mailroom, self.relay, self.operator = mailroom, mailroom.relay, operator
        self.posted, self.killed, self.suspended = [], 0, []
        self.worker = self.a_worker()

    def a_worker(self):
        return self.mailroom.worker("-c", SLOTS, **LINES)

    def keep_queue_full(self):
        """Never fewer mails than the workers can be at."""
        if OutboxMail.objects.filter(next_try_at__isnull=False).count() < 150:
            self.posted += queue(200, self.operator, key=f"batch {len(self.posted)}")

    def wait_for_a_random_moment(self):
        self.relay.wait_for_more(random.randint(1, 120))
        time.sleep(random.uniform(0, 0.02))  # anywhere between this word and the next ones

    def kill_something(self):
        with suppress(psutil.NoSuchProcess):  # a slot ended by itself meanwhile, as each does after its tasks
            self._kill(self.killed + 1)
            self.killed += 1

    def _kill(self, number):
        if number % WHOLE_WORKER == 0:
            kill(self.worker)
            self.worker = self.a_worker()
            return
        slots = [slot for slot in slots_of(self.worker) if slot not in self.suspended]
        if number % SUSPENDED == 0 and slots:
            self.suspended.append(random.choice(slots))
            self.suspended[-1].suspend()
        elif slots:
            random.choice(slots).kill()

    def let_the_suspended_go_on(self):
        """They come back long after their leases, and must not change anything any more."""
        for slot in self.suspended:
            if slot.is_running():
                slot.resume()


def test_r03_after_200_kills_at_random_points_the_result_is_that_of_an_undisturbed_drain(
    mailroom, relay, olga
):
    relay.script["dot"] = Taken(after=0.01)
    mailroom.beat(**LINES)
    disturber = Disturber(mailroom, olga)
    oracle = queue(300, olga, key="undisturbed")
    disturber.worker.wait_until(all_settled, within=60)
    assert Counter(relay.message_ids) == dict.fromkeys([mail.message_id for mail in oracle], 1)
    undisturbed = set(OutboxMail.objects.values_list("state", "smtp_code", "handed_over_at", "lease_until"))

    while disturber.killed < KILLS:
        disturber.keep_queue_full()
        disturber.wait_for_a_random_moment()
        disturber.kill_something()
    disturber.let_the_suspended_go_on()
    kill(disturber.worker)
    disturber.a_worker().wait_until(all_settled_without_pauses, within=120)

    copies = Counter(relay.message_ids)
    posted = {mail.message_id for mail in [*oracle, *disturber.posted]}
    uncertain = set(OutboxMail.objects.exclude(uncertain_since=None).values_list("message_id", flat=True))
    doubled = {message_id for message_id, count in copies.items() if count > 1}
    print(
        f"{len(posted)} mails, {disturber.killed} kills, {len(uncertain)} uncertain, {len(doubled)} doubled"
    )
    assert set(copies) == posted  # none is lost, and none is anybody else's
    assert doubled <= uncertain  # none is doubled but in the gap,
    assert max(copies.values()) <= 2  # and there at most once
    assert len(uncertain) <= disturber.killed * 2
    finished = OutboxMail.objects.exclude(state="uncertain")
    assert set(finished.values_list("state", "smtp_code", "handed_over_at", "lease_until")) == undisturbed
