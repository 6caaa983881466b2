"""Mail workers and beat of a test's own, whose leases and sweeps take seconds, against a scripted mail server."""

import pytest
import redis
from django.conf import settings

from portal import processes
from tests.mailing import SHORT
from tests.nightroom import Nightroom
from tests.scripted_smtp import ScriptedSmtp


@pytest.fixture
def relay():
    with ScriptedSmtp() as relay:
        yield relay


class Mailroom:
    """Starts processes that send mail to the relay, and kills them."""

    def __init__(self, relay, start_process, folder):
        self.relay, self._start, self._folder = relay, start_process, folder
        self._number = 0

    def worker(self, *options, **variables):
        """A Celery worker of the mail queue; it takes messages as soon as it is ready."""
        self._number += 1
        name = f"mail{self._number}@mailroom"
        return self._start(
            name, [*processes.worker("mail"), "-n", name, *options], **self._environ(variables)
        )

    def beat(self, **variables):
        self._number += 1
        name = f"beat{self._number}"
        return self._start(name, processes.beat(self._folder / name), **self._environ(variables))

    def _environ(self, variables):
        return {"EMAIL_URL": self.relay.url} | SHORT | variables


@pytest.fixture
def mailroom(relay, start_process, tmp_path):
    """No message that a former test left wakes anybody."""
    broker = redis.from_url(settings.REDIS_URL)
    broker.delete("mail")
    broker.close()
    return Mailroom(relay, start_process, tmp_path)


@pytest.fixture
def nightroom(start_process, tmp_path, mailbox):
    """Workers and beats for whole nights; no message that a former test left wakes anybody."""
    broker = redis.from_url(settings.REDIS_URL)
    broker.delete("mail", "nightly")
    broker.close()
    return Nightroom(start_process, tmp_path)
