"""M7: how long after `kill -9` of all workers the last mail arrives, and what was lost or doubled meanwhile.

Peer: plain Celery with late acknowledgement, one task a mail, its visibility time-out as long as our lease and
everything else as it comes. Both are killed in the middle and started again at once.
"""

import os
import signal
import time

from portal import processes
from portal.processes import Child
from tests.bench.mails import OURS, SLOTS, THEIRS, wake
from tests.bench.world import World

MAILS = 600
KILLED_AFTER = 200
LEASE = 30  # seconds; the portal's own is longer, because a real mail may take 90
GAP = 0.5  # seconds before the kill in which an accepted mail may not have been recorded yet
PEER_AT_MOST = 300  # seconds until we stop waiting for it
VARIABLES = {"MAIL_LEASE_SECONDS": str(LEASE), "MAIL_LONGEST_SEND_SECONDS": str(LEASE - 5)}


def measure(world: World) -> dict[str, float]:
    """Seconds from the kill to the last mail, and the numbers of lost and doubled mails, of both."""
    world.empty()
    undisturbed = _ours(world, disturbed=False)["ours"]
    world.empty()
    peer = _Peer(world)
    peer.start_and_kill()
    ours = _ours(world, disturbed=True)  # while the peer waits for its redelivery
    return {"undisturbed": undisturbed} | ours | peer.see_it_end()


def _ours(world: World, *, disturbed: bool) -> dict[str, float]:
    from portal.core.outbox import DRAIN, OutboxMail
    from tests.bench import rows

    OutboxMail.objects.bulk_create(rows.invitations(MAILS))
    beat = processes.beat(world.home / "beat")
    with world.running("beat", beat, lambda: True):
        worker = world.start_worker("mail", SLOTS, **VARIABLES)
        try:
            wake(DRAIN)
            world.relay.wait_for(KILLED_AFTER, 120, OURS)
            killed_at = time.monotonic()
            if disturbed:
                kill(worker)
                worker = world.start_worker("mail", SLOTS, **VARIABLES)
            world.relay.wait_for(MAILS, 600, OURS)
        finally:
            processes.stop_all([worker])
    return _result("ours", world.relay.taken(OURS), killed_at)


def kill(worker: Child) -> None:
    """Every process of it, at once."""
    os.killpg(worker.process.pid, signal.SIGKILL)
    worker.process.wait()


def _result(whose: str, taken: list[tuple[str, float]], killed_at: float) -> dict[str, float]:
    first: dict[str, float] = {}
    again = []
    for message_id, at in taken:
        if message_id in first:
            again.append(message_id)
        first.setdefault(message_id, at)
    outside = [message_id for message_id in again if first[message_id] < killed_at - GAP]
    return {
        whose: taken[-1][1] - killed_at,
        f"{whose}_lost": MAILS - len(first),
        f"{whose}_again": len(again),
        f"{whose}_doubled": len(outside),
    }


class _Peer:
    """Plain Celery, in a database of its own on the same Valkey."""

    def __init__(self, world: World) -> None:
        self._world = world
        given = os.environ["REDIS_URL"]
        self._variables = {"PEER_BROKER": f"{given.rpartition('/')[0]}/1", "PEER_VISIBILITY": str(LEASE)}

    def _worker(self) -> Child:
        argv = processes.worker("mail", SLOTS)
        argv[argv.index("portal")] = "tests.bench.plain_celery"
        argv[argv.index("mail")] = "celery"
        argv[argv.index(processes.worker_name("mail"))] = "peer@localhost"
        log = self._world.home / "peer.log"
        return Child("peer", argv, log, environ=os.environ | self._variables)

    def start_and_kill(self) -> None:
        os.environ.update(self._variables)
        from tests.bench.plain_celery import send

        for number in range(MAILS):
            send.delay(number)
        worker = self._worker()
        self._world.relay.wait_for(KILLED_AFTER, 120, THEIRS)
        self._killed_at = time.monotonic()
        kill(worker)
        self._child = self._worker()

    def see_it_end(self) -> dict[str, float]:
        left = PEER_AT_MOST - (time.monotonic() - self._killed_at)
        self._world.relay.wait_for(MAILS, max(left, 0), THEIRS)
        processes.stop_all([self._child])
        return _result("peer", self._world.relay.taken(THEIRS), self._killed_at)
