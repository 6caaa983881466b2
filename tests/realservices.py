"""A pytest plugin: PostgreSQL, Valkey and an SMTP sink for this process, started before the settings are read."""

import atexit
import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from portal import environment, places
from portal.embedded import PostgreSQL, Valkey
from portal.inbox import Inbox
from portal.processes import Child, stop_all
from tests import parallel

environment.prepare_tests(os.environ)
if parallel.WORKER is not None:
    environment.prepare_part_of_tests(os.environ, parallel.WORKER)
# Playwright's sync API keeps an event loop in the test thread, where Django else refuses the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

HOME = Path(os.environ[environment.TEST_HOME])
HOME.mkdir(mode=0o700)
places.walkable(HOME)
atexit.register(shutil.rmtree, HOME)
SINK = None


def _port(variable):
    port = urlsplit(os.environ[variable]).port
    assert port is not None
    return port


def _start():
    wanted = os.environ.pop(environment.TEST_SERVERS).split()
    # Taken out, so that a pytest started by a test gets servers of its own.
    del os.environ[environment.TEST_HOME]
    servers: list[Child] = []
    sink = Inbox(HOME / "mail", _port("EMAIL_URL"))
    web = places.hold_port(_port("PUBLIC_URL"))

    def end():
        sink.stop()
        stop_all(servers)
        web.close()

    sink.start()
    atexit.register(end)
    if "DATABASE_URL" in wanted:
        log = HOME / "postgresql.log"
        servers.append(PostgreSQL(HOME, HOME / "sockets", log, throwaway=True).start())
    if "REDIS_URL" in wanted:
        password = urlsplit(os.environ["REDIS_URL"]).password or ""
        servers.append(
            Valkey(HOME, _port("REDIS_URL"), password, HOME / "valkey.log", throwaway=True).start()
        )
    return sink


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config):
    """Start them, before Django reads the settings, unless this process only divides the tests."""
    global SINK
    if not early_config.stash[parallel.DIVIDES]:
        SINK = _start()
    return (yield)


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
