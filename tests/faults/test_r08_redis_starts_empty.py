"""R8: Redis dies with 500 mails queued and comes back empty: all of them leave, each once."""

import secrets
import shutil
from collections import Counter

import pytest
import redis

from portal.core.outbox import OutboxMail
from portal.embedded import Valkey, redis_url
from portal.places import free_port, new_home, walkable
from portal.processes import stop_all
from tests.mailing import all_settled, kill, queue
from tests.scripted_smtp import Taken

MAILS = 500


@pytest.fixture
def valkey(tmp_path):
    """`start()` and `stop()` a Redis of this test's own, on one port, with nothing on its disk."""
    home = new_home()
    home.mkdir(mode=0o700)
    server = Valkey(
        walkable(home), free_port(), secrets.token_hex(8), tmp_path / "valkey.log", throwaway=True
    )
    server.url = redis_url(server.port, server.password)
    children = []

    def start():
        children.append(server_start())
        return children[-1]

    server_start, server.start = server.start, start
    yield server
    stop_all(children)
    shutil.rmtree(home)


def waiting_at(url):
    """How many messages of the mail queue a broker holds."""
    broker = redis.from_url(url)
    try:
        return broker.llen("mail")
    finally:
        broker.close()


def test_r08_redis_that_restarts_empty_loses_no_mail_of_500(valkey, broker_at, mailroom, relay, olga):
    relay.script["dot"] = Taken(after=0.01)
    running = valkey.start()
    broker_at(valkey.url)
    mails = queue(MAILS, olga)
    assert waiting_at(valkey.url) == MAILS
    worker = mailroom.worker(REDIS_URL=valkey.url)
    mailroom.beat(REDIS_URL=valkey.url)
    relay.wait_for("dot", times=50)

    kill(running)
    assert OutboxMail.objects.filter(state="queued").exists()
    valkey.start()
    assert waiting_at(valkey.url) < 50  # what beat and the worker have sent since

    worker.wait_until(all_settled, within=120)
    assert Counter(relay.message_ids) == dict.fromkeys([mail.message_id for mail in mails], 1)
    assert set(OutboxMail.objects.values_list("state", "attempts")) == {("sent", 1)}
