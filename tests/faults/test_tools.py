"""The faults do what they say: a proxy that freezes, cuts, refuses and trickles, a scripted mail server."""

import smtplib
import socket
import time

import pytest

from tests.proxy import Proxy
from tests.scripted_smtp import HANG_UP, RESET, STALL, Packets, ScriptedSmtp, Taken, slowly


@pytest.fixture
def relay():
    with ScriptedSmtp() as relay:
        yield relay


@pytest.fixture
def proxy(relay):
    with Proxy(relay.port) as proxy:
        yield proxy


def line(port, timeout=10):
    connection = socket.create_connection(("127.0.0.1", port), timeout=timeout)
    return connection, connection.makefile("rb")


def test_a_frozen_proxy_passes_nothing_until_it_flows_again(relay, proxy):
    connection, answers = line(proxy.port)
    assert answers.readline() == b"220 hello\r\n"
    proxy.freeze()
    connection.sendall(b"NOOP\r\n")
    connection.settimeout(0.2)
    with pytest.raises(TimeoutError):
        connection.recv(100)

    proxy.flow()
    relay.wait_for("NOOP")
    connection.settimeout(10)
    assert connection.recv(100) == b"250 ok\r\n"
    connection.close()


def test_a_cut_ends_what_is_open_and_a_refusal_what_comes(relay, proxy):
    connection, answers = line(proxy.port)
    answers.readline()
    proxy.cut()
    assert answers.readline() == b""
    connection.close()

    again, answers = line(proxy.port)
    assert answers.readline() == b"220 hello\r\n"
    proxy.refuse()
    assert answers.readline() == b""
    again.close()
    refused, answers = line(proxy.port)
    assert answers.readline() == b""
    refused.close()


def test_a_trickle_brings_a_byte_at_a_time(relay, proxy):
    proxy.trickle()
    connection, _answers = line(proxy.port)
    began = time.monotonic()
    received = [connection.recv(100) for _byte in b"220 hello\r\n"]
    connection.close()

    assert received == [bytes([byte]) for byte in b"220 hello\r\n"]
    assert time.monotonic() - began > 0.3  # it is a trickle at all


def send(relay):
    with smtplib.SMTP("127.0.0.1", relay.port, timeout=10) as server:
        return server.sendmail("a@x.example", "b@y.example", "Subject: one\r\n\r\n.dot\r\n")


def test_the_scripted_server_takes_a_mail_as_it_was_written(relay):
    send(relay)

    assert relay.accepted == [b"Subject: one\r\n\r\n.dot\r\n"]
    assert (relay.reached["dot"], relay.lines) == (1, 1)


@pytest.mark.parametrize("fault", [HANG_UP, RESET])
def test_a_line_that_ends_after_the_dot_has_taken_the_mail_only_if_the_script_says_so(relay, fault):
    for answer, taken in ((fault, 0), (Taken(fault), 1)):
        relay.script["dot"] = answer
        with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
            send(relay)
        assert len(relay.accepted) == taken


def test_answers_may_come_in_packets_slowly_in_turn_or_not_until_they_are_released(relay):
    relay.script["MAIL"] = [Packets((b"250-one\r\n25", b"0 two\r\n")), slowly(b"451 later\r\n", 0.01), STALL]
    server = smtplib.SMTP("127.0.0.1", relay.port, timeout=0.5)
    server.ehlo()

    assert server.mail("a@x.example") == (250, b"one\ntwo")
    assert server.mail("a@x.example") == (451, b"later")
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        server.mail("a@x.example")
    relay.release()
    relay.wait_for_lines(0)
