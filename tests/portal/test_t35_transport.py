"""T35: nothing goes in clear to another machine, and whoever answers must prove who they are."""

import socket
import ssl
import threading
from contextlib import suppress

import pytest
from kombu import Connection

from m365.simulator.certificates import ServerCertificate
from portal.core.smtp import Line, Outcome
from portal.transport import broker_tls
from tests.core.test_smtp import mail_to, use
from tests.portal.test_settings import read_settings
from tests.scripted_smtp import ScriptedSmtp

HOW = "or list the host in TRUSTED_PLAIN_HOSTS if the network to it is yours alone"
DATABASE = f"DATABASE_URL needs ?sslmode=verify-full, with sslrootcert for a private authority, {HOW}"
REDIS = f"REDIS_URL must begin with rediss:// and leave its certificate to be verified, {HOW}"
MAIL = f"EMAIL_URL must begin with smtp+tls:// or smtp+ssl://, {HOW}"
SAFE = {
    "DATABASE_URL": "postgres://portal:password@db.example/portal?sslmode=verify-full",
    "REDIS_URL": "rediss://:password@redis.example:6379/0",
    "EMAIL_URL": "smtp+tls://user:password@mail.example:587",
}
PLAIN = {
    "DATABASE_URL": "postgres://portal:password@db.example/portal",
    "REDIS_URL": "redis://redis.example:6379/0",
    "EMAIL_URL": "smtp://mail.example:25",
}


def test_t35_all_that_is_plain_is_refused_at_once():
    assert read_settings(**PLAIN) == f"{DATABASE}; {REDIS}; REDIS_URL needs a password; {MAIL}"


@pytest.mark.parametrize(
    ("name", "value", "refusal"),
    [
        ("DATABASE_URL", "postgres://portal@db.example/portal?sslmode=require", DATABASE),
        ("DATABASE_URL", "postgres://portal@db.example/portal?sslmode=verify-ca", DATABASE),
        ("DATABASE_URL", "postgres://portal@localhost,db.example/portal", DATABASE),
        ("DATABASE_URL", "postgres://portal@localhost/portal?hostaddr=192.0.2.7", DATABASE),
        ("REDIS_URL", "rediss://:password@redis.example:6379/0?ssl_cert_reqs=none", REDIS),
        ("REDIS_URL", "rediss://:password@redis.example:6379/0?ssl_check_hostname=false", REDIS),
        ("REDIS_URL", "rediss://redis.example:6379/0", "REDIS_URL needs a password"),
        ("EMAIL_URL", "smtp://user:password@127.0.0.1.example:25", MAIL),
    ],
)
def test_t35_what_only_looks_safe_is_refused(name, value, refusal):
    assert read_settings(**SAFE | {name: value}) == refusal


@pytest.mark.parametrize(
    "places",
    [
        SAFE,
        PLAIN | {"TRUSTED_PLAIN_HOSTS": "db.example,redis.example,mail.example"},
        {"DATABASE_URL": "postgres://portal@[::1]/portal", "EMAIL_URL": "smtp+ssl://mail.example:465"},
        PLAIN | {"PORTAL_MODE": "demo"},
    ],
    ids=["verified", "trusted", "this machine", "the demo"],
)
def test_t35_what_is_verified_near_or_trusted_starts(places):
    assert read_settings(**places) == ""


def test_t35_a_mail_server_that_offers_no_starttls_gets_no_mail_in_clear(settings):
    """The downgrade that a listener on the way would try."""
    with ScriptedSmtp() as server:
        use(settings, server)
        settings.EMAIL_USE_TLS = True

        with Line() as line:
            delivery = line.deliver(mail_to())

        said = [line.split()[0].lower() for line in server.heard]

    assert delivery.outcome is Outcome.NOT_NOW
    assert not {"mail", "auth", "rcpt", "data"} & set(said)
    assert server.accepted == []


class RedisWithTls:
    """Takes connections until it is closed, and says OK to whatever it is told once a handshake has succeeded."""

    def __init__(self, context):
        self.heard = b""
        self._context = context
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        with suppress(OSError):
            while True:
                plain, _address = self._listening.accept()
                with (
                    suppress(ssl.SSLError, ConnectionError),
                    self._context.wrap_socket(plain, server_side=True) as line,
                ):
                    while heard := line.recv(4096):
                        self.heard += heard
                        line.sendall(b"+OK\r\n" * heard.count(b"*"))

    def close(self):
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()


@pytest.fixture(scope="module")
def certificate():
    return ServerCertificate.make()


@pytest.fixture
def redis_with_tls(certificate):
    server = RedisWithTls(certificate.tls_context())
    yield server
    server.close()


def ask(port, query=""):
    """As a worker or a page connects to the broker."""
    url = f"rediss://:password@localhost:{port}/0{query}"
    options = {"max_retries": 0, "socket_timeout": 2, "socket_connect_timeout": 2}
    with Connection(url, ssl=broker_tls(url), transport_options=options) as connection:
        connection.default_channel.client.ping()


def test_t35_celery_refuses_a_redis_that_cannot_prove_who_it_is(redis_with_tls):
    with pytest.raises(Exception, match="CERTIFICATE_VERIFY_FAILED"):
        ask(redis_with_tls.port)

    assert redis_with_tls.heard == b""


def test_t35_and_talks_to_the_one_that_can(redis_with_tls, certificate, tmp_path):
    authority = tmp_path / "ca.pem"
    authority.write_bytes(certificate.authority_pem)

    with suppress(Exception):  # it is no whole Redis: what counts is that it was told the password
        ask(redis_with_tls.port, f"?ssl_ca_certs={authority}")

    assert b"password" in redis_with_tls.heard
