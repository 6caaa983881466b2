"""One mail over SMTP against a server that follows a script: how far it got, and what that means."""

import socket
import threading

import pytest
from django.core.checks import run_checks

from m365.simulator.certificates import ServerCertificate
from portal.core.letters import Letter, compose
from portal.core.smtp import Delivery, Line, Outcome
from tests.scripted_smtp import HANG_UP, ScriptedSmtp


def mail_to(recipient="ida@brightwater.example"):
    return compose(Letter("Subject", "Grüße", "<p>Grüße</p>"), recipient, "<one@trunkline.example>")


def use(settings, server, host="127.0.0.1"):
    settings.EMAIL_HOST, settings.EMAIL_PORT = host, server.port
    settings.EMAIL_USE_SSL = settings.EMAIL_USE_TLS = False
    settings.EMAIL_HOST_USER = ""


def deliver(settings, recipient="ida@brightwater.example", **replies):
    with ScriptedSmtp(**replies) as server:
        use(settings, server)
        with Line() as line:
            return line.deliver(mail_to(recipient)), server.heard


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ({}, Delivery(Outcome.ACCEPTED, 250, "2.0.0 queued")),
        ({"MAIL": b"452 full\r\n"}, Delivery(Outcome.NOT_NOW, 452, "full")),
        ({"RCPT": b"450 greylisted\r\n"}, Delivery(Outcome.NOT_NOW, 450, "greylisted")),
        ({"RCPT": b"550 nobody\r\n"}, Delivery(Outcome.REFUSED, 550, "nobody")),
        ({"DATA": b"554 no\r\n"}, Delivery(Outcome.REFUSED, 554, "no")),
        ({"dot": b"451 later\r\n"}, Delivery(Outcome.NOT_NOW, 451, "later")),
        ({"dot": b"552 too large\r\n"}, Delivery(Outcome.REFUSED, 552, "too large")),
    ],
)
def test_a_reply_to_the_mail_itself_decides(settings, replies, expected):
    assert deliver(settings, **replies)[0] == expected


@pytest.mark.parametrize("phase", ["greeting", "EHLO"])
def test_a_line_that_is_refused_says_nothing_about_the_mail(settings, phase):
    replies = {phase: b"554 not from there\r\n"}
    if phase == "EHLO":
        replies["HELO"] = replies[phase]

    assert deliver(settings, **replies)[0].outcome is Outcome.NOT_NOW


@pytest.mark.parametrize("phase", ["greeting", "EHLO", "MAIL", "RCPT", "DATA"])
def test_a_line_that_is_lost_before_the_final_dot_surely_sent_nothing(settings, phase):
    assert deliver(settings, **{phase: HANG_UP})[0].outcome is Outcome.NOT_NOW


@pytest.mark.parametrize("answer", [HANG_UP, b"what?\r\n"])
def test_without_an_answer_to_the_final_dot_nobody_knows(settings, answer):
    assert deliver(settings, dot=answer)[0].outcome is Outcome.UNCERTAIN


@pytest.mark.parametrize("phase", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("reply", [b"what?\r\n", b"220 hello\r\n", b"\0\0\0 \0\r\n"])
def test_a_reply_that_fits_no_command_is_no_acceptance_and_can_be_stored(settings, phase, reply):
    delivery, _heard = deliver(settings, **{phase: reply})

    assert delivery.outcome is Outcome.NOT_NOW
    assert delivery.code in (None, 220)
    assert "\0" not in delivery.reply


def test_after_a_refused_sender_the_recipient_is_not_told(settings):
    _delivery, heard = deliver(settings, MAIL=b"550 not you\r\n")

    assert [line[:4] for line in heard] == ["ehlo", "mail", "rset", "QUIT"]


def test_an_address_with_an_international_host_name_is_sent_to(settings):
    delivery, heard = deliver(settings, recipient="ida@münchen.example")

    assert delivery.outcome is Outcome.ACCEPTED
    assert "rcpt to:<ida@xn--mnchen-3ya.example>" in [line.lower() for line in heard]


def test_a_mail_is_written_in_seven_bits():
    letter = Letter("Grüße", "Grüße", "<p>Grüße</p>")

    assert compose(letter, "ida@brightwater.example", "<one@trunkline.example>").as_bytes().isascii()


def test_one_line_carries_many_mails_and_is_left_politely(settings):
    with ScriptedSmtp() as server:
        use(settings, server)
        with Line() as line:
            outcomes = {line.deliver(mail_to()).outcome for _ in range(5)}

        assert outcomes == {Outcome.ACCEPTED}
        assert (server.lines, server.reached["dot"], server.heard[-1]) == (1, 5, "QUIT")


@pytest.mark.parametrize("phase", ["RCPT", "DATA", "dot"])
def test_a_refused_mail_costs_the_next_one_neither_its_line_nor_its_outcome(settings, phase):
    with ScriptedSmtp() as server:
        server.script[phase] = [b"550 not this one\r\n", server.script[phase]]
        use(settings, server)
        with Line() as line:
            outcomes = [line.deliver(mail_to()).outcome for _ in range(2)]

        assert outcomes == [Outcome.REFUSED, Outcome.ACCEPTED]
        assert (server.lines, len(server.accepted)) == (1, 1)


def test_a_refusal_counts_although_the_server_hangs_up_behind_it(settings):
    assert deliver(settings, RCPT=b"550 nobody\r\n", RSET=HANG_UP)[0].outcome is Outcome.REFUSED


def test_what_is_not_wanted_any_more_before_the_dot_is_not_handed_over(settings):
    with ScriptedSmtp() as server:
        use(settings, server)
        with Line() as line:
            delivery = line.deliver(mail_to(), before_dot=lambda: False)
        server.wait_for_lines(0)

        assert (delivery.outcome, server.reached["body"], server.accepted) == (Outcome.NOT_NOW, 1, [])


@pytest.fixture(scope="module")
def certificate():
    return ServerCertificate.make()


@pytest.fixture
def trusted(certificate, tmp_path, monkeypatch):
    """OpenSSL's own variable: the authority that this process trusts."""
    authority = tmp_path / "ca.pem"
    authority.write_bytes(certificate.authority_pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))


@pytest.mark.parametrize("from_the_start", [False, True])
def test_t35_encrypted_it_trusts_a_certificate_for_the_servers_name_and_no_other(
    settings, certificate, trusted, from_the_start
):
    encrypted = {"tls": certificate.tls_context(), "tls_from_the_start": from_the_start}
    with ScriptedSmtp(**encrypted) as right, ScriptedSmtp(host="127.0.0.2", **encrypted) as another:
        outcomes = []
        for server, host in ((right, "localhost"), (another, "127.0.0.2")):
            use(settings, server, host)
            settings.EMAIL_USE_SSL, settings.EMAIL_USE_TLS = from_the_start, not from_the_start
            with Line() as line:
                outcomes.append(line.deliver(mail_to()))

        assert outcomes[0].outcome is Outcome.ACCEPTED
        assert outcomes[1].outcome is Outcome.NOT_NOW
        assert outcomes[1].reply.startswith("SSLCertVerificationError")
        assert (len(right.accepted), another.reached["MAIL"]) == (1, 0)


def test_the_lease_must_outlast_the_longest_send(settings):
    assert not [error for error in run_checks() if error.id == "core.E001"]
    settings.MAIL_LONGEST_SEND = 91

    assert [error.id for error in run_checks() if error.id == "core.E001"] == ["core.E001"]


def test_a_server_that_dribbles_is_cut_off_before_the_lease_could_end(settings):
    """Each byte begins a socket's time-out anew; that the worker is freed is the promise, so it is awaited."""
    settings.MAIL_LONGEST_SEND = 0.5
    stop = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))

    def dribble():
        connection, _address = listening.accept()
        with connection:
            connection.sendall(b"220 hello\r\n")
            try:
                while not stop.wait(0.05):
                    connection.sendall(b"2")
            except OSError:
                return

    thread = threading.Thread(target=dribble)
    thread.start()
    settings.EMAIL_HOST, settings.EMAIL_PORT = listening.getsockname()
    settings.EMAIL_USE_SSL = settings.EMAIL_USE_TLS = False
    letter = Letter("Subject", "Text", "<p>Text</p>")
    with Line() as line:
        delivery = line.deliver(compose(letter, "ida@brightwater.example", "<one@trunkline.example>"))
    stop.set()
    thread.join()
    listening.close()

    assert delivery.outcome is Outcome.NOT_NOW
