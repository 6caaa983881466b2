"""Leases and real processes: workers that are killed, come back late, or share a queue."""

import subprocess
import sys
from collections import Counter

import pytest

from portal.core.outbox import MailState, OutboxMail
from tests.core.test_leases import LEASE

pytestmark = pytest.mark.django_db(transaction=True)


WORKER = """
import sys, django; django.setup()
from datetime import timedelta
from portal.core.outbox import MailState, OutboxMail
seconds, batch = float(sys.argv[1]), int(sys.argv[2])
while rows := OutboxMail.objects.claim(batch=batch, lease=timedelta(seconds=seconds)):
    for row in rows:
        print(row.key, flush=True)
        sys.stdin.readline()
        print(row.settle(state=MailState.SENT), flush=True)
print("end", flush=True)
"""


@pytest.fixture
def worker(process_environ):
    """`worker(lease, batch)`: a process that claims, says which row it is at, and settles it when it is told to."""
    environ = process_environ | {"DJANGO_SETTINGS_MODULE": "portal.settings"}
    started = []

    def start(lease=60, batch=1):
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", WORKER, str(lease), str(batch)],
                env=environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def tell(process):
    process.stdin.write("settle it\n")
    process.stdin.flush()


def said(process):
    return process.stdout.readline().strip()


def claim_when_free(batch=1):
    """What is claimed as soon as its lease has run out."""
    while True:
        held = OutboxMail.objects.held().exists()
        if rows := OutboxMail.objects.claim(batch=batch, lease=LEASE):
            return rows
        assert held  # a lease that ran out hinders nobody


def test_a_killed_process_loses_its_lease_by_time_alone(mail, worker):
    doomed = worker(lease=1)
    assert said(doomed) == "one"
    doomed.kill()
    doomed.wait()
    held = OutboxMail.objects.get()
    assert held.lease_until is not None

    [successor] = claim_when_free()

    assert (successor.lease_no, successor.attempts) == (2, 2)
    assert successor.settle(state=MailState.SENT) is True


def test_a_process_that_comes_back_late_changes_nothing(mail, worker):
    zombie = worker(lease=1)
    assert said(zombie) == "one"
    [successor] = claim_when_free()
    successor.settle(state=MailState.WITHDRAWN)

    tell(zombie)

    assert (said(zombie), said(zombie)) == ("False", "end")
    assert OutboxMail.objects.get().state == MailState.WITHDRAWN


def test_processes_share_a_queue_and_the_batch_of_a_killed_one_is_done_by_the_others(queue, worker):
    queue(40)
    doomed, *others = worker(lease=1, batch=7), worker(batch=7), worker(batch=7)
    assert said(doomed)
    doomed.kill()
    doomed.wait()
    settled = Counter()

    for process in others:
        tell(process)
    open_ = set(others)
    while open_:
        for process in list(open_):
            word = said(process)
            if word == "end":
                open_.remove(process)
            elif word == "True":
                settled["rows"] += 1
                tell(process)
    while OutboxMail.objects.filter(next_try_at__isnull=False).exists():
        for row in claim_when_free(40):
            settled["taken over"] += row.settle(state=MailState.SENT)

    assert settled == {"rows": 33, "taken over": 7}
    assert set(OutboxMail.objects.values_list("state", "next_try_at")) == {("sent", None)}
