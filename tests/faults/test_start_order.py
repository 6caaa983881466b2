"""Whatever starts last, the portal works in the end: no process needs another one, or a server, to start."""

from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from portal import processes
from portal.places import free_port
from tests.mailing import SHORT, all_settled, queue
from tests.proxy import Proxy
from tests.visitor import Visitor

pytestmark = pytest.mark.slow
ORDERS = [
    ("processes", "database", "redis"),
    ("processes", "redis", "database"),
    ("database", "processes", "redis"),
    ("redis", "processes", "database"),
]


class Servers:
    """PostgreSQL's socket and Redis' port as processes find them: at first there is neither."""

    def __init__(self, folder, environ):
        address, self._redis = urlsplit(environ["DATABASE_URL"]), urlsplit(environ["REDIS_URL"])
        options = parse_qs(address.query)
        self._there, self._here = Path(options["host"][0]), folder
        query = urlencode({name: values[0] for name, values in options.items()} | {"host": str(folder)})
        self.database_url = address._replace(query=query).geturl()
        self.proxy = Proxy(self._redis.port)

    def __enter__(self):
        self.proxy.__enter__()
        self.proxy.refuse()
        of_proxy = f":{self._redis.password}@127.0.0.1:{self.proxy.port}"
        self.redis_url = self._redis._replace(netloc=of_proxy).geturl()
        return self

    def __exit__(self, *error):
        self.proxy.__exit__(*error)

    def database(self):
        for socket in self._there.glob(".s.PGSQL.*"):
            (self._here / socket.name).symlink_to(socket)

    def redis(self):
        self.proxy.flow()


@pytest.fixture
def servers(tmp_path_factory, process_environ):
    with Servers(tmp_path_factory.mktemp("s"), process_environ) as servers:
        yield servers


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_in_whatever_order_all_starts_a_queued_mail_leaves_and_nothing_has_died(
    order, servers, relay, start_process, tmp_path, olga
):
    port = free_port()
    environ = {
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "EMAIL_URL": relay.url,
    } | SHORT
    visitor, started = Visitor(port), []

    def start():
        started.append(start_process("web-early", processes.web(port), **environ))
        started.append(start_process("mail-early", processes.worker("mail"), **environ))
        started.append(start_process("beat-early", processes.beat(tmp_path / "beat"), **environ))
        started[0].wait_until(visitor.is_answered)

    for step in order:
        {"processes": start, "database": servers.database, "redis": servers.redis}[step]()
        if started:
            assert visitor.ask("GET", "/readyz").ok == ("database" in order[: order.index(step) + 1])
    queue(1, olga)

    started[0].wait_until(all_settled, within=90)

    assert len(relay.accepted) == 1
    assert visitor.ask("GET", "/readyz").ok
    assert [child.name for child in started if child.ended] == []
