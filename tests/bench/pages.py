"""M6: the operators' pages while fifty validations hang, beside the same pages at rest.

Peer: the usual shape of such a portal, which signs in to Microsoft inside the request, with as many web workers.
Its page is trivial, so whatever it loses it loses by waiting.
"""

import os
import statistics
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit

import requests

from portal import places, processes
from tests.bench.world import World, until

HANGING = 50
SERVICES = 1_000
VISITORS = 2
LOOKS = 60  # at each page
SILENCE = 300  # seconds; the portal gives up long before
PAGES = ("/", "/services/", "/pending-invitations/", "/connections/")
OF_PEER, PEER_WAITS = 8, 5  # looks at its page while it hangs, seconds for each


def measure(world: World) -> dict[str, float]:
    """Seconds: 95th percentiles of a page at rest and while validations hang, and the slowest mail of each time."""
    world.empty()
    with _portal(world) as (cookies, registrations, post_mail):
        at_rest, mail_at_rest = _look(cookies, PAGES, LOOKS), post_mail()
        world.entra.fault(None, "token", "slow", None, {"seconds": SILENCE})
        _hang(world, registrations)
        hanging, mail_hanging = _look(cookies, PAGES, LOOKS), post_mail()
        world.entra.reset(0.0)
    return {
        "rest": at_rest,
        "hanging": hanging,
        "mail_rest": mail_at_rest,
        "mail_hanging": mail_hanging,
    } | _peer(world)


@contextmanager
def _portal(world: World):
    from tests.bench import rows

    waiting = rows.invitations(SERVICES)
    registrations, cookies = rows.unconnected(HANGING), rows.signed_in("olga@nordhafen.example")
    port = urlsplit(os.environ["PUBLIC_URL"]).port

    def post_mail() -> float:
        """Seconds from a committed invitation to the relay's 250."""
        from portal.core.outbox import DRAIN
        from portal.core.wake import wake

        arrived, mail, began = len(world.relay.taken("nordhafen.example")), waiting.pop(), time.monotonic()
        mail.save()
        for _sweep in range(
            6
        ):  # no beat runs here: a call that is lost shows in the figure, and ends nothing
            wake(DRAIN)
            if world.relay.wait_for(arrived + 1, 10, "nordhafen.example") > arrived:
                return world.relay.taken("nordhafen.example")[-1][1] - began
            print(
                f"a mail waits; its worker says: {(world.home / 'mail.log').read_text()[-2_000:]}", flush=True
            )
        raise TimeoutError("a mail took more than a minute")

    with (
        world.running("web", processes.web(port), lambda: _answers(f"{os.environ['PUBLIC_URL']}/livez")),
        world.workers("microsoft", processes.WORKER_SLOTS["microsoft"]),
        world.workers("mail", processes.WORKER_SLOTS["mail"]),
    ):
        _look(cookies, PAGES, 5)  # warm
        post_mail()
        yield cookies, registrations, post_mail


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=10).ok
    except requests.ConnectionError:
        return False


def _hang(world: World, registrations: Iterable) -> None:
    from m365 import validations
    from portal.core.actors import PORTAL
    from portal.core.secrets import Secret

    for registration, tenant in zip(registrations, world.entra.add(HANGING), strict=True):
        ids = {"tenant_id": uuid.UUID(tenant.id), "client_id": uuid.UUID(tenant.client_id)}
        validations.submit(registration, "bench", PORTAL, secret=Secret(tenant.secret), **ids)
    slots = processes.WORKER_SLOTS["microsoft"]
    until(lambda: world.entra.counted().get("token", 0) >= slots, 60, "the first sign-ins")


def _look(cookies: dict[str, str], pages: Iterable[str], looks: int) -> float:
    """The 95th percentile of so many looks at each page by VISITORS at once, in seconds."""
    urls = [os.environ["PUBLIC_URL"] + page for page in pages for _ in range(looks)]
    return _p95(urls, lambda url: requests.get(url, cookies=cookies, timeout=60, allow_redirects=False))


def _p95(urls: list[str], get: Callable[[str], requests.Response]) -> float:
    def timed(url: str) -> float:
        began = time.perf_counter()
        try:
            if get(url).status_code != requests.codes.ok:
                raise AssertionError(f"{url} is not the page that was to be measured")
        except requests.Timeout:
            pass  # it took at least so long
        return time.perf_counter() - began

    with ThreadPoolExecutor(VISITORS) as visitors:
        return statistics.quantiles(visitors.map(timed, urls), n=20)[-1]


def _peer(world: World) -> dict[str, float]:
    """The same two figures of a portal that validates inside the request."""
    port = places.free_port()
    url = f"http://localhost:{port}"
    argv = [*processes.web(port)]
    argv[argv.index("portal.wsgi")] = "tests.bench.in_request"

    def get(path: str) -> requests.Response:
        return requests.get(path, timeout=PEER_WAITS)

    with world.running("in-request", argv, lambda: _answers(f"{url}/page")):
        rest = _p95([f"{url}/page"] * LOOKS, get)
        world.entra.reset(0.0)
        world.entra.fault(None, "token", "slow", None, {"seconds": SILENCE})
        gone = threading.Event()
        askers = [threading.Thread(target=_ask, args=[f"{url}/validate", gone]) for _ in range(HANGING)]
        for asker in askers:
            asker.start()
        until(lambda: world.entra.counted().get("token", 0) >= VISITORS, 60, "the first sign-ins")
        hanging = _p95([f"{url}/page"] * OF_PEER, get)
        gone.set()
        world.entra.reset(0.0)
    for asker in askers:
        asker.join()
    return {"peer_rest": rest, "peer_hanging": hanging}


def _ask(url: str, gone: threading.Event) -> None:
    """Somebody who waits for a validation; ended with the server."""
    try:
        requests.get(url, timeout=SILENCE)
    except requests.ConnectionError:
        if not gone.is_set():
            raise
