"""Whatever trickles, hangs or never resolves: a validation ends in time, undecided, and its line is cut."""

import socket
import threading
import uuid

import pytest
from django.core.checks import run_checks

from m365 import deadline
from m365.deadline import Deadline
from m365.http import MicrosoftUnreachable, ask, retry_after
from m365.validation import Connection, validate
from portal.core.secrets import Secret


@pytest.fixture
def org(entra):
    return entra.add_tenant(name="Brightwater Dental Group Ltd")


@pytest.fixture
def connection(org):
    app = org.add_application()
    secret = app.add_secret()
    return Connection("worldwide", uuid.UUID(org.id), uuid.UUID(app.client_id), Secret(secret.value))


@pytest.mark.parametrize("kind", ["trickled-headers", "trickled-body"])
@pytest.mark.parametrize("endpoint", ["discovery", "token", "organization", "applications"])
def test_a_trickled_answer_is_cut_at_the_deadline(entra, org, connection, settings, kind, endpoint):
    settings.M365_DEADLINE = 1
    entra.fault(org, endpoint, kind, seconds=0.01)

    outcome = validate(connection, lambda steps: None)

    assert (outcome.undecided, outcome.signed_in, outcome.answer.error) == (True, False, "timed_out")
    assert outcome.steps[-1]["state"] == "wait"
    assert entra.wait_for("cut", org.id)


def test_a_line_kept_alive_is_cut_too(entra, org, connection, settings):
    assert validate(connection, lambda steps: None).signed_in  # its connection goes back into the pool
    settings.M365_DEADLINE = 1
    entra.fault(org, "discovery", "trickled-headers", seconds=0.01)

    assert validate(connection, lambda steps: None).undecided
    assert entra.wait_for("cut", org.id)


def test_after_a_cut_the_next_validation_works(entra, org, connection, settings):
    settings.M365_DEADLINE = 1
    entra.fault(org, "token", "trickled-body", seconds=0.01, times=1)
    assert validate(connection, lambda steps: None).undecided
    settings.M365_DEADLINE = 30

    assert validate(connection, lambda steps: None).signed_in


def test_nothing_is_asked_any_more_once_the_time_is_over(entra, org, connection, settings):
    settings.M365_DEADLINE = 0

    assert validate(connection, lambda steps: None).undecided
    assert not entra.counters


def test_a_handshake_that_never_ends_is_cut(settings):
    """A listener that takes connections and says nothing, as a broken load balancer does."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.M365_LOGIN_URL = f"https://127.0.0.1:{silent.getsockname()[1]}"
        settings.M365_CONNECT_TIMEOUT = 60
        with Deadline(0.2), pytest.raises(MicrosoftUnreachable) as caught:
            ask("GET", settings.M365_LOGIN_URL)
        client, _ = silent.accept()
        with client:
            client.settimeout(30)
            while client.recv(4096):  # its ClientHello, then the end
                pass

    assert caught.value.answer.error == "timed_out"


def test_a_name_look_up_that_hangs_is_left_behind(settings, monkeypatch):
    hang = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: hang.wait() and [])
    settings.M365_LOGIN_URL = "https://login.example"

    with Deadline(0.2), pytest.raises(MicrosoftUnreachable) as caught:
        ask("GET", settings.M365_LOGIN_URL)

    hang.set()
    assert caught.value.answer.error == "timed_out"


def test_the_time_to_connect_is_one_for_all_addresses(settings, monkeypatch):
    """Addresses of a documentation network swallow what is sent to them, or nothing leads there."""
    tried = []

    class Deaf(socket.socket):
        def connect(self, address):
            tried.append(self.gettimeout())
            raise TimeoutError

    addresses = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 443))] * 3
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: addresses)
    monkeypatch.setattr(socket, "socket", Deaf)

    with pytest.raises(TimeoutError):
        deadline._connect("login.example", 443, 5)

    assert 5 >= tried[0] >= tried[1] >= tried[2]


def test_the_second_address_is_tried_when_the_first_refuses(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_server(("127.0.0.1", 0)) as closed:
        good, bad = server.getsockname(), closed.getsockname()
        closed.close()
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in (bad, good)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)
        with deadline._connect("login.example", 443, 5) as line:
            assert line.getpeername() == good


@pytest.mark.parametrize(
    ("said", "waits"),
    [
        ("60", 60),
        ("0", 0),
        ("0.249", 0.249),
        (" 7 ", 7),
        ("86400", 120),
        ("9" * 400, 120),
        ("-5", None),
        ("", None),
        ("soon", None),
        ("1e3", None),
        ("NaN", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wednesday, 21-Oct-15 07:28:00 GMT", 0),
        ("Wed Oct 21 07:28:00 2015", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 120),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
    ],
)
def test_retry_after_in_every_form(said, waits):
    assert retry_after({"Retry-After": said}) == waits


def test_no_retry_after_asks_for_nothing():
    assert retry_after({}) is None


def test_the_lease_must_outlast_the_deadline(settings):
    assert not [error for error in run_checks() if error.id == "m365.E010"]
    settings.M365_DEADLINE = 61

    assert [error.id for error in run_checks() if error.id == "m365.E010"] == ["m365.E010"]
