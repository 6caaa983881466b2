"""One mail over SMTP, with an outcome that tells how far it got.

Between the server's taking the final dot and our reading its answer both own the message (RFC 1047); that gap is
the outcome *uncertain* and nothing else is.
"""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr
from enum import Enum
from types import TracebackType
from typing import TYPE_CHECKING, Self

from django.conf import settings

if TYPE_CHECKING:
    from portal.core.outbox import Letter


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

    @classmethod
    def by_reply(cls, code: int, reply: bytes) -> Self:
        words = reply.decode(errors="replace")
        if 200 <= code < 300:
            return cls(Outcome.ACCEPTED, code, words)
        return cls(Outcome.REFUSED if 500 <= code < 600 else Outcome.NOT_NOW, code, words)


def compose(letter: "Letter", recipient: str, message_id: str) -> EmailMessage:
    """Text and HTML to one recipient. Raises ValueError for line ends in a header."""
    message = EmailMessage(policy=SMTP)
    message["From"] = settings.MAIL_FROM
    message["To"] = recipient
    message["Subject"] = letter.subject
    message["Date"] = formatdate()
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    if settings.PROVIDER_EMAIL:
        message["Reply-To"] = settings.PROVIDER_EMAIL
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message


class Line:
    """A connection to the mail server that carries many mails; opened with the first one."""

    def __init__(self) -> None:
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._hang_up()

    def deliver(self, message: EmailMessage) -> Delivery:
        """Never raises for what the server or the network does; the delivery says it."""
        dotted = False
        try:
            server = self._server()
            for code, reply in (server.mail(parseaddr(settings.MAIL_FROM)[1]), server.rcpt(message["To"])):
                if code not in (250, 251):
                    self._hang_up()
                    return Delivery.by_reply(code, reply)
            code, reply = server.docmd("DATA")
            if code != 354:
                self._hang_up()
                return Delivery.by_reply(code, reply)
            dotted = True
            server.send(_dot_stuffed(message))
            return Delivery.by_reply(*server.getreply())
        except smtplib.SMTPResponseException as error:
            self._hang_up()
            reply = error.smtp_error if isinstance(error.smtp_error, bytes) else error.smtp_error.encode()
            return Delivery.by_reply(error.smtp_code, reply)
        except (smtplib.SMTPException, OSError) as error:
            self._hang_up()
            outcome = Outcome.UNCERTAIN if dotted else Outcome.NOT_NOW
            return Delivery(outcome, reply=f"{type(error).__name__}: the mail server could not be reached")

    def _server(self) -> smtplib.SMTP:
        if self._smtp is None:
            context = ssl.create_default_context()
            where = (settings.EMAIL_HOST, settings.EMAIL_PORT)
            if settings.EMAIL_USE_SSL:
                self._smtp = smtplib.SMTP_SSL(*where, timeout=settings.EMAIL_TIMEOUT, context=context)
            else:
                self._smtp = smtplib.SMTP(*where, timeout=settings.EMAIL_TIMEOUT)
            if settings.EMAIL_USE_TLS:
                self._smtp.starttls(context=context)
            self._smtp.ehlo_or_helo_if_needed()
            if settings.EMAIL_HOST_USER:
                self._smtp.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
        return self._smtp

    def _hang_up(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


def _dot_stuffed(message: EmailMessage) -> bytes:
    lines = message.as_bytes().replace(b"\r\n.", b"\r\n..")
    return lines + (b".\r\n" if lines.endswith(b"\r\n") else b"\r\n.\r\n")
