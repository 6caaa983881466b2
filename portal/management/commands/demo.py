"""`manage.py demo`: the whole portal on this machine, real parts, with Microsoft simulated."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import time
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.urls import reverse

from portal import environment, processes, totp
from portal.celery import app
from portal.embedded import PostgreSQL, Valkey
from portal.processes import Child, ChildEnded

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Ctrl-C or SIGTERM; no Exception, so that nothing on the way swallows it."""


def _stop(_signal: int, _frame: FrameType | None) -> None:
    for ending in ENDINGS:  # a second Ctrl-C must not cut the stopping short
        signal.signal(ending, signal.SIG_IGN)
    raise Stopped


def answers(port: int, path: str, host: str) -> bool:
    """Whether a server on this port of localhost serves `path` to visitors of `host`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": host})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Command(BaseCommand):
    help = "Start the whole portal on this machine, with a mail sink and a simulated Microsoft 365."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        environment.add_demo_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if environment.demo is None:
            raise CommandError("Start the demo by manage.py: it fills the settings first.")
        self.demo = environment.demo
        self.began = time.monotonic()
        self.servers: list[Child] = []
        self.outside: list[Child] = []
        self.portal: list[Child] = []
        for ending in ENDINGS:
            signal.signal(ending, _stop)
        try:
            self.start()
            self.introduce()
            self.watch()
        except Stopped:
            self.say("Stopping …")
        except (ChildEnded, OSError) as error:
            raise CommandError(str(error)) from error
        finally:
            self.stop()

    def say(self, what: str) -> None:
        """Print a line of progress with the seconds since the start."""
        self.stdout.write(f"[{time.monotonic() - self.began:5.1f} s] {what}")
        self.stdout.flush()

    def start(self) -> None:
        """Start everything in order; each part is ready before what needs it begins."""
        demo, logs = self.demo, self.demo.data / "log"
        shutil.rmtree(logs, ignore_errors=True)
        if demo.own_database:
            self.servers.append(PostgreSQL(demo.home, demo.sockets, logs / "postgresql.log").start())
            self.say("PostgreSQL is ready")
        if demo.redis_port:
            valkey = Valkey(demo.home, demo.redis_port, demo.redis_password, logs / "valkey.log")
            self.servers.append(valkey.start())
            self.say("Valkey is ready")
        call_command("migrate", interactive=False, verbosity=0)
        self.say("The database has all tables")
        self.collect()
        self.say("Style sheets and scripts are collected")
        self.plant()
        self.start_outside()
        self.start_portal()

    def collect(self) -> None:
        """Collect and compress the static files, unless those of the last start are the same."""
        stamp = self.demo.data / "static.stamp"
        now = static_files()
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != now:
            stamp.unlink(missing_ok=True)
            call_command("collectstatic", interactive=False, verbosity=0)
            stamp.write_text(now, encoding="utf-8")

    def plant(self) -> None:
        """Make the first operator and a few rows to look at, unless they are there."""
        from portal.seed import plant

        plant(environment.OPERATOR_EMAIL, self.demo.operator_password, self.demo.operator_app_key)
        connections.close_all()  # this process only watches from now on
        self.say("The first operator and some customers are there")

    def start_outside(self) -> None:
        """Start what stands for the world: mail and Microsoft."""
        demo = self.demo
        if demo.smtp_port:
            inbox = processes.inbox(demo.smtp_port, demo.inbox_port, demo.data / "mail")
            self.outside.append(self.child("inbox", inbox))
        if demo.simulator_port:
            simulator = processes.simulator(
                demo.simulator_port,
                demo.page_port,
                demo.cloud_ports,
                seed=demo.simulator_seed,
                epoch=demo.simulator_epoch,
                ca=demo.data / "simulator-ca.pem",
                clock_shift=os.environ.get("CLOCK_SHIFT") or "0",
            )
            self.outside.append(self.child("simulator", simulator))
        for child in self.outside:
            port = demo.inbox_port if child.name == "inbox" else demo.page_port
            child.wait_until(lambda port=port: answers(port, "/", f"localhost:{port}"))  # type: ignore[misc]
            self.say(f"The {child.name} is ready")

    def start_portal(self) -> None:
        """Start web, workers and beat together, then wait for each of them."""
        queues = list(processes.WORKER_SLOTS)
        web = self.child("web", processes.web(self.demo.port))
        workers = [self.child(f"worker-{queue}", processes.worker(queue)) for queue in queues]
        beat = self.child("beat", processes.beat(self.demo.data / "beat"))
        self.portal += [web, *workers, beat]
        host = urlsplit(os.environ["PUBLIC_URL"]).netloc
        for path in ("/livez", reverse("account_login")):
            web.wait_until(lambda path=path: answers(self.demo.port, path, host))  # type: ignore[misc]
        self.say("The portal answers")
        for queue, worker in zip(queues, workers, strict=True):
            name = processes.worker_name(queue)
            worker.wait_until(lambda name=name: bool(app.control.ping([name], timeout=0.5)))  # type: ignore[misc]
            self.say(f"The worker of queue {queue} is ready")

    def child(self, name: str, argv: list[str]) -> Child:
        """Start one of our own processes, with its log in the data folder."""
        return Child(name, argv, self.demo.data / "log" / f"{name}.log")

    def introduce(self) -> None:
        """Print what a first visitor needs."""
        demo = self.demo
        lines = {"Portal": os.environ["PUBLIC_URL"]}
        lines["Sign-in"] = f"{environment.OPERATOR_EMAIL}   password  {demo.operator_password}"
        lines["Code"] = totp.shown_now(demo.operator_app_key)
        lines["Next code"] = "python3 manage.py demo --code"
        if demo.smtp_port:
            lines["Inbox"] = f"http://localhost:{demo.inbox_port}"
        if demo.simulator_port:
            lines["Microsoft"] = f"http://localhost:{demo.page_port}   (simulated, with more values to try)"
        self.stdout.write("")
        for label, text in lines.items():
            self.stdout.write(f"  {label:<10} {text}")
        if demo.simulator_port:
            self.stdout.write("\n  Three values that work:")
            for label, text in working_values(demo.page_port).items():
                self.stdout.write(f"    {label:<30} {text}")
        elsewhere = "" if demo.home.is_relative_to(demo.data) else f", the database in {demo.home}"
        self.stdout.write(f"\n  Data and logs are kept in {demo.data}{elsewhere}")
        self.stdout.write("  Ctrl-C ends everything.\n")
        self.stdout.flush()

    def watch(self) -> None:
        """Wait for the first child that ends; none of them should."""
        children = {child.process.pid: child for child in (*self.portal, *self.outside, *self.servers)}
        while True:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
            if ended and (child := children.get(ended.si_pid)):
                raise ChildEnded(f"{child.name} ended unexpectedly.\n{child.tail()}")
            if ended:  # an orphan that a container gave to us, its first process
                os.waitpid(ended.si_pid, 0)

    def stop(self) -> None:
        """End who gives work before who does it: portal, then mail and Microsoft, then the servers."""
        for ending in ENDINGS:
            signal.signal(ending, signal.SIG_IGN)  # a second Ctrl-C must not leave half of them behind
        for group in (self.portal, self.outside, self.servers):
            processes.stop_all(group)
        if self.demo.own_database:
            shutil.rmtree(self.demo.sockets, ignore_errors=True)
        self.say("Everything has ended")


def static_files() -> str:
    """Every static file's source with its size and age: the same text means the same files."""
    lines = []
    for finder in get_finders():
        for path, storage in finder.list([]):
            found = Path(storage.path(path)).stat()
            lines.append(f"{path} {found.st_size} {found.st_mtime_ns}")
    return "\n".join(lines)


def working_values(page_port: int) -> dict[str, str]:
    """The three values of a healthy tenant, as the simulator's front page lists them."""
    connection = http.client.HTTPConnection("127.0.0.1", page_port, timeout=10)
    try:
        connection.request("GET", "/values.json")
        sets: list[dict[str, str]] = json.load(connection.getresponse())["sets"]
    finally:
        connection.close()
    first = next(values for values in sets if values["group"] == "works")
    return {
        "Customer Microsoft Tenant ID": first["tenant_id"],
        "Application (Client) ID": first["client_id"],
        "Client Secret": first["client_secret"],
    }
