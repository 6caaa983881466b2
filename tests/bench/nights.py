"""M5: the nightly run of 1,000 connections, beside a sequential loop with the same rules for trying again.

The loop is what a script does: `requests` with one session, a token, the application, next. It is run on a tenth and
its time scaled. Its processor time a connection is the floor of ours.
"""

import os
import time

import requests

from tests.bench.outside import Tenant
from tests.bench.world import World, cpu_seconds, own_memory, until

SLOTS = 16
CONNECTIONS = 1_000
OF_PEER = CONNECTIONS // 10
LATENCY = 0.150  # seconds a request
REQUESTS = 2  # a connection: token and application
READ_TIMEOUT, RETRY_AFTER, PAUSE, MOST_TRIES = 2, 1, 1, 3  # seconds, seconds, seconds, times
FOR_MEMORY, MEMORY_BASE = 10_000, 2_000
# Of a hundred connections so many are throttled once, and so many stay silent all night.
THROTTLED, SILENT = 5, 1
# Processor time is counted after this share: by then imports, connections and caches are there on both sides.
WARM = 0.3
VARIABLES = {
    "NIGHTLY_SLOTS": str(SLOTS),
    "NIGHTLY_AT": "00:00",
    "NIGHTLY_PAUSE_SECONDS": str(PAUSE),
    "M365_READ_TIMEOUT_SECONDS": str(READ_TIMEOUT),
}


def measure(world: World) -> dict[str, float]:
    """Seconds of each, scaled to CONNECTIONS; processor milliseconds a connection."""
    calm, cpu = _night(world, faults=False)
    sequential, floor_cpu = _sequential(world)
    faulty, _ = _night(world, faults=True)
    return {
        "ideal": CONNECTIONS * REQUESTS * LATENCY / SLOTS,
        "calm": calm,
        "faulty": faulty,
        "sequential": sequential,
        "cpu": cpu * 1000,
        "floor_cpu": floor_cpu * 1000,
    }


def memory(world: World) -> dict[str, float]:
    """Megabytes of all slots together after MEMORY_BASE and after FOR_MEMORY connections, without latency."""
    from m365.models import CheckItem

    _prepare(world, FOR_MEMORY, latency=0.0, faults=False)
    with world.workers("nightly", SLOTS, **VARIABLES) as worker:
        _begin()
        done = CheckItem.objects.filter(finished_at__isnull=False)
        until(lambda: done.count() >= MEMORY_BASE, 600, "the first connections")
        early = own_memory(worker)
        _wait_for_the_end(1_200)
        return {"early": early, "late": own_memory(worker)}


def _prepare(world: World, number: int, *, latency: float, faults: bool) -> list[Tenant]:
    from tests.bench import rows

    world.empty()
    values = world.entra.add(number)
    rows.connections(values)
    world.entra.reset(latency)
    if faults:
        _make_unwell(world, values)
    return values


def _make_unwell(world: World, values: list[Tenant]) -> None:
    share = len(values) // 100
    for tenant in values[: THROTTLED * share]:
        world.entra.fault(tenant.id, "token", "429", 1, {"retry_after": str(RETRY_AFTER)})
    for tenant in values[THROTTLED * share : (THROTTLED + SILENT) * share]:
        world.entra.fault(tenant.id, "token", "slow", None, {"seconds": READ_TIMEOUT + 1})


def _night(world: World, *, faults: bool) -> tuple[float, float]:
    """Seconds from its beginning to its end, and the workers' processor seconds a connection once they are warm."""
    from m365.models import CheckItem

    _prepare(world, CONNECTIONS, latency=LATENCY, faults=faults)
    done = CheckItem.objects.filter(finished_at__isnull=False)
    with world.workers("nightly", SLOTS, **VARIABLES) as worker:
        began = time.monotonic()
        _begin()
        until(lambda: done.count() >= CONNECTIONS * WARM, 600, "the first connections")
        before, left = cpu_seconds(worker), CONNECTIONS - done.count()
        _wait_for_the_end(600)
        return time.monotonic() - began, (cpu_seconds(worker) - before) / left


def _begin() -> None:
    from portal.celery import app

    app.send_task("m365.tasks.look_at_the_night")


def _wait_for_the_end(within: float) -> None:
    from m365.models import ConnectionState, NightlyRun

    finished = NightlyRun.objects.finished()
    until(finished.exists, within, "the night")
    states = set(finished.get().items.values_list("state", flat=True))
    if not states <= {ConnectionState.OK, ConnectionState.TENANT_UNREACHABLE}:
        raise AssertionError(f"the night ended otherwise than it must: {states}")


def _sequential(world: World) -> tuple[float, float]:
    """Seconds for all, scaled from a tenth, and processor seconds a connection once it is warm."""
    tenants = _prepare(world, OF_PEER, latency=LATENCY, faults=True)
    session = requests.Session()
    session.verify, session.trust_env = os.environ["M365_CA_BUNDLE"], False
    began, cpu, warm = time.monotonic(), 0.0, round(OF_PEER * WARM)
    for number, tenant in enumerate(tenants):
        cpu = time.process_time() if number == warm else cpu
        _check(session, os.environ["M365_LOGIN_URL"], tenant)
    factor = CONNECTIONS / OF_PEER
    return (time.monotonic() - began) * factor, (time.process_time() - cpu) / (OF_PEER - warm)


def _check(session: requests.Session, host: str, tenant: Tenant) -> None:
    """A token, then the application."""
    form = {
        "grant_type": "client_credentials", "client_id": tenant.client_id, "client_secret": tenant.secret,
        "scope": "https://graph.microsoft.com/.default",
    }  # fmt: skip
    for tried in range(1, MOST_TRIES + 1):
        try:
            answer = session.post(f"{host}/{tenant.id}/oauth2/v2.0/token", data=form, timeout=READ_TIMEOUT)
        except requests.Timeout:
            if tried < MOST_TRIES:
                time.sleep(PAUSE * 2 ** (tried - 1))
            continue
        if answer.status_code == 429:
            time.sleep(int(answer.headers["Retry-After"]))
            continue
        bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        wanted = "$select=id,appId,displayName,passwordCredentials"
        url = f"{host}/v1.0/applications(appId='{tenant.client_id}')?{wanted}"
        session.get(url, headers=bearer, timeout=READ_TIMEOUT).json()
        return
