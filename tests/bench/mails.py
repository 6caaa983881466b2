"""M4: mails per second from a full outbox, beside smtplib alone with as many connections.

Ours claims, renders, signs the link, sends and settles each mail exactly once, in the worker's own processes. The floor
and the peer send ready-made messages of the same size from threads: the floor over connections that stay open, the
peer over a new one each.
"""

import os
import smtplib
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from tests.bench.world import World

SLOTS = 2
MAILS = 2_000
OF_PEERS = MAILS // 10
# By the domain of its Message-ID the relay knows whose mail it is.
OURS, THEIRS = "nordhafen.example", "peer.example"


def measure(world: World) -> dict[str, float]:
    """Mails per second of each, and how many connections ours opened."""
    from portal.core.outbox import DRAIN, OutboxMail
    from tests.bench import rows

    message = _a_message()
    floor = _smtplib(world, message, anew=False)
    world.empty()
    warm, *waiting = rows.invitations(MAILS + 1)
    with world.workers("mail", SLOTS):
        warm.save()
        wake(DRAIN)
        world.relay.wait_for(1, 60, OURS)
        OutboxMail.objects.bulk_create(waiting)
        world.relay.forget()
        ours = _rate(world, MAILS, OURS, lambda: wake(DRAIN))
        connections = world.relay.connections()
    peer = _smtplib(world, message, anew=True)
    return {"ours": ours, "floor": floor, "peer": peer, "connections": connections}


def wake(task: str) -> None:
    """As after a lost Redis: one message a slot, for all that waits."""
    from portal.celery import app

    for _ in range(SLOTS):
        app.send_task(task)


def _rate(world: World, number: int, domain: str, start: Callable[[], None]) -> float:
    """Mails per second from `start` to the last one."""
    began = time.monotonic()
    start()
    arrived = world.relay.wait_for(number, 600, domain)
    if arrived < number:
        raise TimeoutError(f"{arrived} of {number} mails arrived")
    return number / (world.relay.taken(domain)[-1][1] - began)


def _a_message() -> bytes:
    """An invitation as it is written for a mail server."""
    from portal.core.letters import Letter, compose

    text = "\n".join(["A sentence of a usual length, as an invitation has them, to be read."] * 25)
    html = f"<!doctype html><html><body><table>{'<tr><td>A row of the mail</td></tr>' * 60}</table></body></html>"
    return compose(
        Letter("An invitation", text, html), "ida@brightwater.example", f"<number@{THEIRS}>"
    ).as_bytes()


def _smtplib(world: World, message: bytes, *, anew: bool) -> float:
    """Mails per second of as many threads, with a connection each or a new one for each mail."""
    port = urlsplit(os.environ["EMAIL_URL"]).port
    world.relay.forget()

    def send_some(first: int) -> None:
        line = None
        for number in range(first, OF_PEERS, SLOTS):
            line = line or smtplib.SMTP("127.0.0.1", port)
            numbered = message.replace(b"<number@", f"<{number}@".encode())
            line.sendmail("onboarding@nordhafen.example", "ida@brightwater.example", numbered)
            if anew:
                line.quit()
                line = None
        if line:
            line.quit()

    threads = [threading.Thread(target=send_some, args=[first]) for first in range(SLOTS)]

    def start() -> None:
        for thread in threads:
            thread.start()

    rate = _rate(world, OF_PEERS, THEIRS, start)
    for thread in threads:
        thread.join()
    return rate
