import os
import re
import signal
import sys
import urllib.request

import psutil
import psycopg2
import pytest

from portal import places
from portal.processes import PROJECT, Child, stop_all

READY = "Ctrl-C ends everything."


class RunningDemo:
    """The demo as a stranger starts it: its own process, a clean environment."""

    def __init__(self, data, logs):
        self.data, self.logs, self.children = data, logs, []
        self.port, self.inbox_port = places.free_port(), places.free_port()
        self.temporary = data.with_name("tmp")
        self.temporary.mkdir()

    def start(self):
        log = self.logs / f"demo{len(self.children)}"
        options = ["--data", self.data, "--port", str(self.port), "--inbox-port", str(self.inbox_port)]
        environ = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        environ["TMPDIR"] = str(self.temporary)
        argv = [sys.executable, PROJECT / "manage.py", "demo", *options]
        self.children.append(Child("demo", argv, log, environ=environ, stop_with=signal.SIGINT))
        return self.children[-1]

    def start_and_wait(self):
        child = self.start()
        child.wait_until(lambda: READY in child.tail(), within=90)
        return child

    def processes(self):
        """Every process that works on this demo's data: all of them inherit its settings."""
        found = []
        for process in psutil.process_iter():
            try:
                mine = process.environ().get("STATIC_ROOT") == str(self.data / "static")
            except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
                continue
            if mine:
                found.append(process)
        return found

    def operators(self):
        connection = psycopg2.connect(
            host=str(self.data / "servers" / "sockets"), user="portal", dbname="portal"
        )
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT id, password FROM core_operator ORDER BY id")
                return cursor.fetchall()
        finally:
            connection.close()


@pytest.fixture
def demo(home, tmp_path):
    running = RunningDemo(home / "demo", tmp_path)
    yield running
    stop_all(running.children)


def told(child):
    """What the demo printed under its labels, without the progress."""
    lines = dict(re.findall(r"^ {2,4}(\S.*?) {2,}(\S.*)$", child.log.read_text(), re.MULTILINE))
    assert re.fullmatch(r"\d{6} +\(for \d+ more seconds\)", lines.pop("Code"))
    return lines


def test_the_demo_starts_ends_and_starts_again_and_leaves_nothing_behind(demo):
    child = demo.start_and_wait()
    first, operators = told(child), demo.operators()
    for url in (f"{first['Portal']}/", f"{first['Inbox']}/", first["Microsoft"].split()[0]):
        assert urllib.request.urlopen(url).status == 200
    assert len(first["Client Secret"]) == 40

    beside = demo.start()
    assert beside.process.wait() == 1
    assert "another one runs" in beside.tail()

    for ending in [signal.SIGINT, signal.SIGTERM, signal.SIGHUP] * 100:  # by somebody very impatient
        child.process.send_signal(ending)
    assert child.process.wait() == 0
    assert demo.processes() == []
    assert list(demo.temporary.iterdir()) == []

    child = demo.start_and_wait()
    assert told(child) == first
    assert demo.operators() == operators
    web = next(process for process in demo.processes() if "gunicorn" in process.cmdline())
    web.kill()
    assert child.process.wait() == 1
    assert "web ended unexpectedly" in child.log.read_text()
    assert demo.processes() == []

    child = demo.start_and_wait()
    left = [process for process in demo.processes() if process.pid != child.process.pid]
    child.process.kill()
    _gone, alive = psutil.wait_procs(left, timeout=20)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []
