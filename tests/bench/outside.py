"""What stands for the world, each in a process of its own: a mail relay, and Entra ID with Graph."""

import secrets
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.managers import BaseManager
from pathlib import Path
from typing import NamedTuple

from m365.simulator.clock import Clock
from m365.simulator.loader import FileDirectory
from m365.simulator.simulator import Simulator
from tests.bench.relay import Relay


class Tenant(NamedTuple):
    """What the portal knows of a tenant after its first night."""

    id: str
    client_id: str
    app_name: str
    key_id: str
    secret_name: str
    secret: str
    starts_at: datetime
    ends_at: datetime


class Entra:
    """The simulator, steered from another process: plain values in, plain values out."""

    def __init__(self, port: int, ca: str) -> None:
        directory = FileDirectory(clock=Clock(), seed=secrets.token_hex(), epoch=datetime.now(UTC))
        self._simulator = Simulator(directory, ca_path=Path(ca), port=port)

    def start(self) -> None:
        self._simulator.start()

    def add(self, number: int) -> list[Tenant]:
        """So many tenants, each with one application and one secret."""
        added = []
        for each in range(number):
            application = self._simulator.add_tenant(name=f"Number {each} Ltd").add_application()
            secret = application.add_secret(ends_in_days=300)
            found = (application.tenant.id, application.client_id, application.name, secret.key_id)
            added.append(Tenant(*found, secret.name, secret.value, secret.starts_at, secret.ends_at))
        return added

    def reset(self, latency: float) -> None:
        """No faults, no counts; each answer takes `latency` seconds."""
        self._simulator.reset()
        self._simulator.latency = latency

    def fault(self, tenant: str | None, endpoint: str, kind: str, times: int | None, more: dict) -> None:
        self._simulator.fault(tenant, endpoint, kind, times=times, **more)

    def counted(self) -> dict[str, int]:
        """Calls since the last reset, by endpoint."""
        counted: dict[str, int] = {}
        for (endpoint, _tenant), number in list(self._simulator.counters.items()):
            counted[endpoint] = counted.get(endpoint, 0) + number
        return counted


class _Outside(BaseManager):
    """A process that holds one of them."""


_Outside.register("Relay", Relay)
_Outside.register("Entra", Entra)


def process() -> BaseManager:
    """A fresh process for one of them; spawned, so that it shares nothing with this one."""
    manager = _Outside(ctx=get_context("spawn"))
    manager.start()
    return manager
