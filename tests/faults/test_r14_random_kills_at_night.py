"""R14: slots and whole workers of a night die at random moments; what it leaves is what an undisturbed one leaves."""

import random
import time
from contextlib import suppress

import psutil
import pytest
from django.core.management import call_command

from m365.models import CheckItem
from tests.mailing import kill
from tests.nightroom import fleet, is_over, result

SLOTS = 8
# Every so often it is the whole worker, or a slot that is suspended for longer than its lease.
WHOLE_WORKER, SUSPENDED = 10, 7


def done():
    return CheckItem.objects.filter(finished_at__isnull=False).count()


class Disturber:
    """Kills something each time a few more connections have been checked."""

    def __init__(self, nightroom, kills):
        self.nightroom, self.kills, self.killed, self.suspended = nightroom, kills, 0, []
        self.worker = nightroom.worker("nightly", SLOTS)

    def disturb(self):
        while self.killed < self.kills:
            enough = done() + random.randint(1, 6)
            self.worker.wait_until(lambda enough=enough: done() >= enough, within=60)
            time.sleep(random.uniform(0, 0.03))  # anywhere within the checks that go on
            self.kill_something()
        for slot in self.suspended:
            if slot.is_running():
                slot.resume()

    def kill_something(self):
        with suppress(psutil.NoSuchProcess):  # a slot ended by itself meanwhile, as each does after its tasks
            self._kill(self.killed + 1)
            self.killed += 1

    def _kill(self, number):
        if number % WHOLE_WORKER == 0:
            kill(self.worker)
            self.worker = self.nightroom.worker("nightly", SLOTS)
            return
        slots = psutil.Process(self.worker.process.pid).children()
        slots = [slot for slot in slots if slot not in self.suspended]
        if number % SUSPENDED == 0 and slots:
            self.suspended.append(random.choice(slots))
            self.suspended[-1].suspend()
        elif slots:
            random.choice(slots).kill()


def a_night(nightroom, entra, size, kills):
    """What the night of a new fleet leaves behind."""
    entra.reset()
    fleet(entra, size)
    entra.latency = 0.02
    others = [nightroom.worker("mail", 2), nightroom.beat()]
    disturber = Disturber(nightroom, kills)
    disturber.disturb()
    disturber.worker.wait_until(is_over, within=120)
    for child in (disturber.worker, *others):
        kill(child)
    return result()


@pytest.mark.parametrize(("size", "kills"), [(60, 6), pytest.param(500, 50, marks=pytest.mark.slow)])
def test_r14_after_kills_at_random_points_a_night_leaves_what_an_undisturbed_one_leaves(
    nightroom, entra, size, kills
):
    undisturbed = a_night(nightroom, entra, size, kills=0)
    call_command("flush", interactive=False, verbosity=0)

    disturbed = a_night(nightroom, entra, size, kills)

    assert len(undisturbed["items"]) == size
    assert undisturbed["digests"] == {("olga@nordhafen.example", "sent"): 1}
    assert disturbed == undisturbed
