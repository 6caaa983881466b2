"""A pytest plugin: PostgreSQL, Valkey and an SMTP sink for this run, started before the settings are read."""

import atexit
import os
import shutil
import signal
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from portal import environment, places
from portal.embedded import PostgreSQL, Valkey
from portal.inbox import Inbox
from portal.processes import Child, stop_all

environment.prepare_tests(os.environ)
# Playwright's sync API keeps an event loop in the test thread, where Django else refuses the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
# Ended from outside, pytest unwinds as after Ctrl-C, so that nothing is left behind.
signal.signal(signal.SIGTERM, signal.default_int_handler)

# Taken out, so that a pytest started by a test gets servers of its own.
HOME = Path(os.environ.pop(environment.TEST_HOME))
WANTED = os.environ.pop(environment.TEST_SERVERS).split()


def _port(variable):
    port = urlsplit(os.environ[variable]).port
    assert port is not None
    return port


def _start():
    HOME.mkdir(mode=0o700)
    places.walkable(HOME)
    servers: list[Child] = []
    sink = Inbox(HOME / "mail", _port("EMAIL_URL"))

    def end():
        sink.stop()
        stop_all(servers)
        shutil.rmtree(HOME)

    sink.start()
    atexit.register(end)
    if "DATABASE_URL" in WANTED:
        log = HOME / "postgresql.log"
        servers.append(PostgreSQL(HOME, HOME / "sockets", log, throwaway=True).start())
    if "REDIS_URL" in WANTED:
        password = urlsplit(os.environ["REDIS_URL"]).password or ""
        servers.append(
            Valkey(HOME, _port("REDIS_URL"), password, HOME / "valkey.log", throwaway=True).start()
        )
    return sink


SINK = _start()


@pytest.fixture
def mailbox():
    """What the SMTP sink receives during this test, oldest first; `wait_for` waits for a mail."""
    SINK.clear()
    return SINK


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    """In CI a test that did not run is a failure: nothing is skipped there without somebody noticing."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    not_run = [kind for kind in ("skipped", "xfailed") if reporter and reporter.stats.get(kind)]
    if os.environ.get("CI") and not_run and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
