"""One mail over SMTP, with an outcome that tells how far it got.

Between the server's taking the final dot and our reading its answer both own the message (RFC 1047); that gap is
the outcome *uncertain* and nothing else is.
"""

import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr
from enum import Enum
from types import TracebackType
from typing import Self

from django.conf import settings

from portal.core.failpoints import failpoint


class Outcome(Enum):
    ACCEPTED = "accepted"
    NOT_NOW = "not now"  # surely not sent: try again later
    REFUSED = "refused"  # the server will not take it, later neither
    UNCERTAIN = "uncertain"  # the line was lost after the final dot


@dataclass(frozen=True)
class Delivery:
    outcome: Outcome
    code: int | None = None
    reply: str = ""

    @property
    def is_one_too_many(self) -> bool:
        """The server has enough of us for now (421: RFC 5321, section 3.8; 432: as Exchange Online says it)."""
        return self.code in (421, 432)

    @classmethod
    def by_reply(cls, code: int, reply: bytes, otherwise: Outcome = Outcome.NOT_NOW) -> Self:
        """What a reply means; one that is no SMTP reply at all has no code and means `otherwise`."""
        words = reply.decode(errors="replace").replace("\0", "\ufffd")  # PostgreSQL takes no NUL
        if not 200 <= code < 600:
            return cls(otherwise, None, words)
        if code < 300:
            return cls(Outcome.ACCEPTED, code, words)
        return cls(Outcome.REFUSED if code >= 500 else Outcome.NOT_NOW, code, words)

    @classmethod
    def before_the_mail(cls, code: int, reply: bytes) -> Self:
        """What an unexpected reply means while nothing was handed over; a wrong 2xx is no acceptance either."""
        said = cls.by_reply(code, reply)
        return said if said.outcome is Outcome.REFUSED else cls(Outcome.NOT_NOW, said.code, said.reply)


class Line:
    """A connection to the mail server that carries many mails; opened with the first one."""

    def __init__(self) -> None:
        self._smtp: smtplib.SMTP | None = None
        self._was_cut = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        if self._smtp is not None and error is None:
            self._take_leave(self._smtp)
        self._hang_up()

    def deliver(self, message: EmailMessage, before_dot: Callable[[], bool] = lambda: True) -> Delivery:
        """Never raises for what the server or the network does; the delivery says it.

        All but the final dot is sent, then `before_dot` is asked: if it says no, the mail is not handed over.
        """
        handed_over = False
        try:
            with self._watched() as overdue_at:
                server = self._server()
                refused = _envelope(server, message)
                if refused:
                    self._start_over(refused)
                    return refused
                server.send(_dot_stuffed(message))
                failpoint("mail.before_dot")
                if not before_dot():
                    self._hang_up()
                    return Delivery(Outcome.NOT_NOW, reply="another worker has the mail by now")
                if time.monotonic() > overdue_at:
                    raise TimeoutError
                handed_over = True
                server.send(b".\r\n")
                said = Delivery.by_reply(*server.getreply(), otherwise=Outcome.UNCERTAIN)
                if self._was_cut:  # what had come until then may look like a reply
                    raise TimeoutError
                if said.outcome is Outcome.UNCERTAIN or said.is_one_too_many:
                    self._hang_up()
                return said
        except smtplib.SMTPResponseException as error:
            # Said to us before any mail, as at the sign-in: it is the line that is refused, not the mail.
            self._hang_up()
            reply = error.smtp_error if isinstance(error.smtp_error, bytes) else error.smtp_error.encode()
            said = Delivery.by_reply(error.smtp_code, reply)
            return Delivery(Outcome.UNCERTAIN if handed_over else Outcome.NOT_NOW, said.code, said.reply)
        except (smtplib.SMTPException, OSError) as error:
            self._hang_up()
            outcome = Outcome.UNCERTAIN if handed_over else Outcome.NOT_NOW
            return Delivery(outcome, reply=f"{type(error).__name__}: the mail server could not be reached")

    @contextmanager
    def _watched(self) -> Iterator[float]:
        """Cut the line when one mail takes too long: a socket's own time-out begins anew with every byte."""
        self._was_cut = False
        watchdog = threading.Timer(settings.MAIL_LONGEST_SEND, self._cut)
        watchdog.daemon = True
        watchdog.start()
        try:
            yield time.monotonic() + settings.MAIL_LONGEST_SEND
        finally:
            watchdog.cancel()

    def _cut(self) -> None:
        line = self._smtp.sock if self._smtp else None
        if line is not None:
            self._was_cut = True
            with suppress(OSError):  # closed meanwhile
                line.shutdown(socket.SHUT_RDWR)

    def _server(self) -> smtplib.SMTP:
        if self._smtp is None:
            # Known to the watchdog before it connects, because that waits for a greeting, which may never end.
            self._smtp = server = _unconnected()
            code, reply = server.connect(settings.EMAIL_HOST, settings.EMAIL_PORT)
            if code != 220:
                raise smtplib.SMTPConnectError(code, reply)
            if server.sock is not None:
                # The dot comes alone, behind the mail: it must not wait until that was acknowledged.
                server.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if settings.EMAIL_USE_TLS:
                server.starttls(context=ssl.create_default_context())
            server.ehlo_or_helo_if_needed()
            if settings.EMAIL_HOST_USER:
                server.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
        return self._smtp

    def _start_over(self, refused: Delivery) -> None:
        """Keep the line for the next mail where the server does."""
        with suppress(smtplib.SMTPException, OSError):
            confused = refused.code is None or refused.is_one_too_many
            if self._smtp is not None and not confused and self._smtp.rset()[0] == 250:
                return
        self._hang_up()

    def _take_leave(self, server: smtplib.SMTP) -> None:
        """Say so before hanging up; what it answers, and whether it does, is the same to us."""
        with suppress(smtplib.SMTPException, OSError):
            server.putcmd("QUIT")
            if server.sock is not None:
                server.sock.settimeout(1)
                server.sock.recv(512)

    def _hang_up(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


def _unconnected() -> smtplib.SMTP:
    server: smtplib.SMTP
    if settings.EMAIL_USE_SSL:
        context = ssl.create_default_context()
        server = smtplib.SMTP_SSL(timeout=settings.EMAIL_TIMEOUT, context=context)
    else:
        server = smtplib.SMTP(timeout=settings.EMAIL_TIMEOUT)
    # As its constructor does where it connects at once: the name that the certificate must have.
    server._host = settings.EMAIL_HOST  # type: ignore[attr-defined]
    return server


def _envelope(server: smtplib.SMTP, message: EmailMessage) -> Delivery | None:
    """Sender, recipient and DATA; the delivery when one of them is refused."""
    code, reply = server.mail(parseaddr(settings.MAIL_FROM)[1])
    if code == 250:
        code, reply = server.rcpt(message["To"])
    if code not in (250, 251):
        return Delivery.before_the_mail(code, reply)
    code, reply = server.docmd("DATA")
    return None if code == 354 else Delivery.before_the_mail(code, reply)


def _dot_stuffed(message: EmailMessage) -> bytes:
    """All but the final dot (RFC 5321, section 4.5.2)."""
    lines = message.as_bytes().replace(b"\r\n.", b"\r\n..")
    return lines if lines.endswith(b"\r\n") else lines + b"\r\n"
