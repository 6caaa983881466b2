"""R23: nightly workers that are asked to end finish what they are at and hand back the rest, as each deploy asks."""

import random
import signal
from collections import Counter

import pytest
from django.db.models import Max

from m365.models import CheckItem, ConnectionState
from tests.nightroom import fleet, is_over

# As in production: nothing of this is due to leases that run out.
LONG = {"M365_CHECK_LEASE_SECONDS": "120"}
# Kubernetes kills after 30 s.
GRACE = 30


def done():
    return CheckItem.objects.filter(finished_at__isnull=False).count()


@pytest.mark.parametrize("times", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_r23_sigterm_under_load_loses_doubles_and_holds_up_no_check(nightroom, entra, times):
    size = times * 12
    fleet(entra, size, calm=True)
    entra.reset()
    entra.latency = 0.02
    nightroom.worker("mail", 2)
    nightroom.beat(**LONG)

    for number in range(times):
        worker = nightroom.worker("nightly", 4, **LONG)
        enough = done() + random.randint(1, 8)
        worker.wait_until(lambda enough=enough: done() >= enough, within=60)
        worker.process.send_signal(signal.SIGTERM)
        assert worker.process.wait(timeout=GRACE) == 0, f"the worker of round {number} did not end"
        assert not CheckItem.queue.held().exists()
    assert done() < size
    nightroom.worker("nightly", 4, **LONG).wait_until(is_over, within=120)

    items = CheckItem.objects.all()
    assert Counter(items.values_list("state", flat=True)) == {ConnectionState.OK: size}
    # Nobody waited for a lease, nothing that was handed back counts as a try, and nobody asked Microsoft twice.
    assert items.aggregate(Max("attempts")) == {"attempts__max": 1}
    assert max(count for (what, _tenant), count in entra.counters.items() if what == "token") == 1
