"""The real processes of a benchmark: PostgreSQL that syncs to disk, Valkey, workers, web, relay and simulator."""

import os
import shutil
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import django
import psutil

from portal import environment, places, processes
from portal.embedded import PostgreSQL, Valkey
from portal.processes import Child, stop_all
from tests.bench import outside

RELAY_WAIT = 0.020  # seconds, once a mail, after the dot


class World:
    """Everything that runs all the time; `workers` and `running` start the rest for as long as it is measured."""

    def __init__(self) -> None:
        environment.prepare_tests(os.environ)
        self.home = Path(os.environ[environment.TEST_HOME])
        self._open = ExitStack()
        self._open.callback(shutil.rmtree, self.home, ignore_errors=True)
        self.home.mkdir(mode=0o700)
        places.walkable(self.home)

    def __enter__(self) -> "World":
        wanted = os.environ.pop(environment.TEST_SERVERS).split()
        servers = []
        self._open.callback(lambda: stop_all(servers))
        if "DATABASE_URL" in wanted:
            # Not `throwaway`: what a commit costs on this disk is part of every promise.
            servers.append(PostgreSQL(self.home, self.home / "sockets", self.home / "postgresql.log").start())
        if "REDIS_URL" in wanted:
            redis = urlsplit(os.environ["REDIS_URL"])
            log = self.home / "valkey.log"
            servers.append(Valkey(self.home, redis.port, redis.password, log, throwaway=True).start())
        self._start_outside()
        django.setup()
        from django.core.management import call_command

        call_command("migrate", interactive=False, verbosity=0)
        return self

    def _start_outside(self) -> None:
        relays, simulators = outside.process(), outside.process()
        self._open.callback(relays.shutdown)
        self._open.callback(simulators.shutdown)
        self.relay = relays.Relay(urlsplit(os.environ["EMAIL_URL"]).port, RELAY_WAIT)
        self.relay.start()
        port, ca = places.free_port(), str(self.home / "simulator-ca.pem")
        self.entra = simulators.Entra(port, ca)
        self.entra.start()
        address = f"https://localhost:{port}"
        os.environ.update(M365_LOGIN_URL=address, M365_GRAPH_URL=address, M365_CA_BUNDLE=ca)

    def __exit__(self, *_error: object) -> None:
        self._open.close()

    def empty(self) -> None:
        """No rows, no messages, no mails, a healthy Microsoft without latency."""
        import redis
        from django.core.management import call_command

        call_command("flush", interactive=False, verbosity=0)
        broker = redis.Redis.from_url(os.environ["REDIS_URL"])
        broker.flushall()
        broker.close()
        self.relay.forget()
        self.entra.reset(0.0)

    @contextmanager
    def workers(self, queue: str, slots: int, **variables: str):
        """The worker of one queue with so many slots, ready; gives its process."""
        child = self.start_worker(queue, slots, **variables)
        try:
            yield child
        finally:
            stop_all([child])

    def start_worker(self, queue: str, slots: int, **variables: str) -> Child:
        from portal.celery import app

        argv = processes.worker(queue, slots)
        child = Child(queue, argv, self.home / f"{queue}.log", environ=os.environ | variables)
        child.wait_until(lambda: bool(app.control.ping([processes.worker_name(queue)], timeout=0.5)))
        return child

    @contextmanager
    def running(self, name: str, argv: list[str], ready, **variables: str):
        """Any other process, until `ready` says so."""
        child = Child(name, argv, self.home / f"{name}.log", environ=os.environ | variables)
        try:
            child.wait_until(ready)
            yield child
        finally:
            stop_all([child])


def cpu_seconds(child: Child) -> float:
    """User and system time of a process and its children that are alive."""
    parent = psutil.Process(child.process.pid)
    total = 0.0
    for process in (parent, *parent.children(recursive=True)):
        spent = process.cpu_times()
        total += spent.user + spent.system
    return total


def own_memory(child: Child) -> float:
    """Megabytes that the pool's processes have for themselves (unique set size), in all."""
    pool = psutil.Process(child.process.pid).children(recursive=True)
    return sum(process.memory_full_info().uss for process in pool) / 1e6


def until(true, within: float, what: str) -> None:
    """Return as soon as `true` answers so, asked every 50 ms; TimeoutError with `what` otherwise."""
    ends = time.monotonic() + within
    while not true():
        if time.monotonic() > ends:
            raise TimeoutError(f"{what} took more than {within:.0f} s")
        time.sleep(0.05)
