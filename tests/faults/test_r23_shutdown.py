"""R23: a worker that is asked to end finishes the mail it is at and hands back the others, as each deploy asks."""

import random
import signal
from collections import Counter

import pytest
from django.db.models import Max

from portal.core.outbox import DRAIN, OutboxMail
from portal.core.wake import wake
from tests.mailing import all_settled, queue
from tests.scripted_smtp import STALL, Taken

# As in production: nothing of this is due to leases that run out.
LONG = {"MAIL_LEASE_SECONDS": "120", "MAIL_LONGEST_SEND_SECONDS": "90"}
# systemd kills after 90 s, Kubernetes after 30.
GRACE = 30


def ends_well(worker):
    worker.process.send_signal(signal.SIGTERM)
    return worker.process.wait(timeout=GRACE) == 0


@pytest.mark.parametrize("times", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_r23_sigterm_under_load_loses_doubles_and_holds_up_nothing(mailroom, relay, olga, times):
    relay.script["dot"] = Taken(after=0.02)
    mails = queue(times * 40, olga)

    for number in range(times):
        worker = mailroom.worker(**LONG)
        relay.wait_for("dot", times=relay.reached["dot"] + random.randint(1, 25))
        assert ends_well(worker), f"the worker of round {number} did not end"
        assert not OutboxMail.objects.held().exists()
    left = OutboxMail.objects.due().count()
    assert left > 0
    last = mailroom.worker(**LONG)
    wake(DRAIN)
    last.wait_until(all_settled, within=120)

    assert Counter(relay.message_ids) == dict.fromkeys([mail.message_id for mail in mails], 1)
    # Nobody waited for a lease, and nothing that was handed back counts as a try.
    assert OutboxMail.objects.aggregate(Max("attempts")) == {"attempts__max": 1}


@pytest.mark.parametrize("phase", ["EHLO", "MAIL", "dot"])
def test_r23_a_worker_that_is_asked_in_the_middle_of_a_mail_finishes_it_and_begins_no_other(
    mailroom, relay, olga, phase
):
    queue(5, olga)
    relay.script[phase] = [STALL, relay.script[phase]] if phase != "dot" else [Taken(STALL), Taken()]
    worker = mailroom.worker("-c", "1", **LONG)
    relay.wait_for(phase)

    worker.process.send_signal(signal.SIGTERM)
    worker.wait_until(lambda: "Warm shutdown" in worker.tail())
    relay.release()

    assert worker.process.wait(timeout=GRACE) == 0
    assert len(relay.accepted) == 1
    assert sorted(OutboxMail.objects.values_list("state", "attempts", "lease_until")) == [
        *[("queued", 0, None)] * 4,
        ("sent", 1, None),
    ]
