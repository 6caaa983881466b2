"""Waking a worker never breaks what asked for it. (That a request answers within 3 s is a promise, so it is timed.)"""

import time
from datetime import timedelta

import pytest
from django.db import transaction

from portal.core.outbox import DRAIN
from portal.core.wake import wake
from tests.servers import dead_server, silent_server

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("server", [dead_server, silent_server])
def test_a_broker_that_is_down_or_silent_costs_a_moment_and_raises_nothing(server, broker_at, caplog):
    with server() as port:
        broker_at(f"redis://:pw@127.0.0.1:{port}/0")
        began = time.monotonic()
        wake(DRAIN)
        took = time.monotonic() - began

    assert took < 3
    assert [record.getMessage() for record in caplog.records if record.name == "portal.core.wake"] == [
        f"wake.failed task={DRAIN} error=OperationalError"
    ]


def test_nobody_is_woken_for_what_was_rolled_back(broker_at, caplog):
    with dead_server() as port:
        broker_at(f"redis://:pw@127.0.0.1:{port}/0")
        with pytest.raises(RuntimeError), transaction.atomic():
            wake(DRAIN)
            raise RuntimeError

    assert caplog.records == []


def test_what_is_due_much_later_is_left_to_the_sweep(broker_at, caplog):
    with dead_server() as port:
        broker_at(f"redis://:pw@127.0.0.1:{port}/0")
        wake(DRAIN, after=timedelta(minutes=15))

    assert caplog.records == []
