import logging
import socket
import time

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from portal import places
from portal.core.limits import address, client, limited

FORWARDED = ("HTTP_X_FORWARDED_PROTO", "https")


def asked(source, method="get", **more):
    return getattr(RequestFactory(REMOTE_ADDR=source), method)("/", **more)


@pytest.fixture
def gate():
    """A page of its own for each test, three requests and one form a minute."""
    name = f"test-{places.free_port()}"
    return limited(name, 3, posts=1)(lambda _request: HttpResponse("seen"))


def statuses(gate, *requests):
    return [gate(request).status_code for request in requests]


def test_a_client_that_asks_too_often_is_asked_to_wait(gate):
    answers = [gate(asked("192.0.2.7")) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert (answers[-1]["Retry-After"], answers[-1]["HX-Reswap"]) == ("60", "none")
    assert b"Please wait a minute" in answers[-1].content


def test_every_client_has_a_share_of_its_own(gate):
    addresses = ["192.0.2.7"] * 4 + ["192.0.2.8"]

    assert statuses(gate, *(asked(source) for source in addresses)) == [200, 200, 200, 429, 200]


def test_an_ipv6_network_is_one_client(gate):
    addresses = [
        "2001:db8:1:2::1",
        "2001:db8:1:2::2",
        "2001:db8:1:2:ffff::",
        "2001:db8:1:2::4",
        "2001:db8:1:3::1",
    ]

    assert statuses(gate, *(asked(source) for source in addresses)) == [200, 200, 200, 429, 200]


def test_forms_are_counted_apart_from_reading(gate):
    methods = ["post", "post", "get", "get", "get", "get"]

    assert statuses(gate, *(asked("192.0.2.9", method) for method in methods)) == [
        200,
        429,
        200,
        200,
        200,
        429,
    ]


def test_a_written_forwarding_header_is_nobodys_word(rf, settings):
    settings.SECURE_PROXY_SSL_HEADER = None
    request = rf.get("/", REMOTE_ADDR="192.0.2.7", headers={"X-Forwarded-For": "198.51.100.1"})

    assert client(request) == "192.0.2.7"


def test_behind_the_proxy_only_its_own_entry_counts(rf, settings):
    settings.SECURE_PROXY_SSL_HEADER = FORWARDED
    header = "203.0.113.66, 198.51.100.1"
    request = rf.get("/", REMOTE_ADDR="127.0.0.1", headers={"X-Forwarded-For": header})

    assert client(request) == "198.51.100.1"


@pytest.mark.parametrize(
    ("proxies", "header", "told"),
    [
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        (2, "198.51.100.1, 10.0.0.1", "198.51.100.1"),
        (2, "203.0.113.9, 198.51.100.1, 10.0.0.1", "198.51.100.1"),
        (2, "198.51.100.1", "unknown"),  # it went round the outer proxy
        (3, "a, b, c, d", "unknown"),
    ],
)
def test_t25_of_a_chain_of_proxies_as_many_entries_are_believed_as_are_ours(
    rf, settings, proxies, header, told
):
    settings.SECURE_PROXY_SSL_HEADER, settings.PROXIES = FORWARDED, proxies

    assert address(rf.get("/", headers={"X-Forwarded-For": header})) == told


@pytest.mark.parametrize("told", ["", "nonsense", "unix:"])
def test_a_client_without_an_address_is_still_counted(rf, told):
    assert client(rf.get("/", REMOTE_ADDR=told)) == "unknown"


@pytest.fixture
def silent_server():
    """Accepts connections and says nothing; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_silent_cache_delays_a_page_by_less_than_the_promised_three_seconds(gate, settings, silent_server):
    silent = f"redis://127.0.0.1:{silent_server}/0"
    settings.CACHES = settings.CACHES | {"redis": settings.CACHES["redis"] | {"LOCATION": silent}}
    began = time.monotonic()

    assert statuses(gate, asked("192.0.2.11")) == [200]
    assert time.monotonic() - began < 3


def test_without_its_cache_the_limiter_lets_through_and_says_so(gate, settings, caplog):
    nobody = f"redis://127.0.0.1:{places.free_port()}/0"
    settings.CACHES = settings.CACHES | {"redis": settings.CACHES["redis"] | {"LOCATION": nobody}}
    caplog.set_level(logging.WARNING)

    assert statuses(gate, *(asked("192.0.2.10") for _ in range(5))) == [200] * 5
    assert "limit.not_counted error=ConnectionError" in caplog.text
