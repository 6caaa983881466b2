"""A pytest plugin: gunicorn, Celery workers and beat as processes of their own, on the test database."""

import http.client
import os
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
import redis

from portal import processes
from portal.celery import app
from portal.processes import Child, stop_all
from tests.realservices import HOME

LOGS = HOME / "log"


@dataclass(frozen=True)
class Site:
    """The running portal."""

    url: str
    web: Child
    workers: dict[str, Child]


@pytest.fixture(scope="session")
def process_environ(django_db_setup):
    """The environment of the portal's processes: this one's, with the test database."""
    from django.db import connection

    address = urlsplit(os.environ["DATABASE_URL"])
    test_database = address._replace(path=f"/{connection.settings_dict['NAME']}")
    return os.environ | {"DATABASE_URL": test_database.geturl()}


def answers(path, url=None):
    """Whether a web process, the portal's if no other is named, serves this page."""
    address = urlsplit(url or os.environ["PUBLIC_URL"])
    connection = http.client.HTTPConnection("127.0.0.1", address.port, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": address.netloc})
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


def is_idle(queues):
    """Whether no message of these queues waits or is being worked on."""
    names = [processes.worker_name(queue) for queue in queues]
    inspect = app.control.inspect(destination=names, timeout=2)
    broker = redis.Redis.from_url(os.environ["REDIS_URL"])
    try:
        if any(broker.llen(queue) for queue in queues):
            return False
    finally:
        broker.close()
    return all(
        found is not None and not any(found.values()) for found in (inspect.reserved(), inspect.active())
    )


@pytest.fixture(scope="session")
def web_process(process_environ):
    """Gunicorn, answering."""
    port = urlsplit(os.environ["PUBLIC_URL"]).port
    child = Child("web", processes.web(port), LOGS / "web.log", environ=process_environ)
    try:
        child.wait_until(lambda: answers("/livez"))
        yield child
    finally:
        stop_all([child])


@pytest.fixture(scope="session")
def worker_processes(process_environ):
    """One worker process per queue, ready, by the queue's name."""
    children = {
        queue: Child(queue, processes.worker(queue), LOGS / f"{queue}.log", environ=process_environ)
        for queue in processes.WORKER_SLOTS
    }
    try:
        for queue, child in children.items():
            name = processes.worker_name(queue)
            child.wait_until(lambda name=name: bool(app.control.ping([name], timeout=0.5)))
            listen(queue, "cancel_consumer")
        yield children
    finally:
        stop_all(children.values())


@pytest.fixture
def workers(transactional_db, worker_processes):
    """The worker processes, on rows this test commits; the test ends when they have nothing left to do.

    Outside such tests they take no work: other tests do theirs themselves and must not find it done.
    """
    for queue in worker_processes:
        listen(queue, "add_consumer")
    yield worker_processes
    for child in worker_processes.values():
        child.wait_until(lambda: is_idle(worker_processes))
    for queue in worker_processes:
        listen(queue, "cancel_consumer")


def listen(queue, command):
    """Tell the queue's worker to take messages or to leave them, and wait for its word."""
    answers = app.control.broadcast(
        command, {"queue": queue}, destination=[processes.worker_name(queue)], reply=True, timeout=10, limit=1
    )
    assert answers, f"the worker of {queue} does not answer"


@pytest.fixture
def site(workers, web_process, mailbox):
    """The running portal with its workers; every table is emptied after the test."""
    return Site(os.environ["PUBLIC_URL"], web_process, workers)


@pytest.fixture
def start_process(transactional_db, process_environ):
    """Start processes of this test's own: `start_process("beat", processes.beat(path), CLOCK_SHIFT="60")`.

    They end with the test, if the test has not killed them.
    """
    children = []

    def start(name, argv, **variables):
        child = Child(name, argv, LOGS / f"{name}.log", environ=process_environ | variables)
        children.append(child)
        return child

    yield start
    stop_all(children)


@pytest.fixture
def broker_at():
    """Point this process's own messages at another broker: `broker_at(url)`."""

    def point(url):
        app.conf.broker_url = app.conf.broker_write_url = url
        app._pool = None
        app.amqp._producer_pool = None

    yield point
    point(os.environ["REDIS_URL"])
