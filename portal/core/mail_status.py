"""What became of a mail, in words for operators: plain ones first, then the mail server's own."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format

from portal.core.outbox import WORKER_LOST, MailState, OutboxMail

# By subject and detail of an enhanced status code (RFC 3463, sections 3.2 to 3.8); a whole subject by its number.
BY_STATUS = {
    "1.3": "the address is not spelt as the server wants it",
    "1": "the server knows no such address",
    "2.1": "the mailbox takes no mail",
    "2.2": "the mailbox is full",
    "2.3": "the mail is too large for the server",
    "2": "something is wrong with the mailbox",
    "4": "the recipient’s server could not be reached",
    "7.8": "the server refuses the portal’s user name or password",
    "7": "the server refuses the mail by its rules",
}
# By reply code (RFC 5321, section 4.2.3; those of signing in: RFC 4954, section 6).
BY_CODE = {
    421: "the server is too busy",
    450: "the server asks to come again later",
    451: "the server has a fault of its own",
    452: "the server has no room now",
    530: "the server wants the portal to sign in",
    534: "the server wants another way of signing in",
    535: "the server refuses the portal’s user name or password",
    538: "the server wants encryption before the sign-in",
    550: "the server knows no such address, or refuses it",
    551: "the recipient is elsewhere",
    552: "the mailbox is full",
    553: "the server does not accept the address",
    554: "the server refuses the mail",
}
ENHANCED = re.compile(r"(?:given up: )?[245]\.(\d{1,3})\.(\d{1,3})(?![.\d])")


@dataclass(frozen=True)
class Shown:
    """A status as the look's tag writes it: shape, words, and a small second line."""

    shape: str
    words: str
    sub: str = ""


def mail_shown(mail: OutboxMail) -> Shown:
    """Sent, queued, failed, uncertain or withdrawn, with the reason, the attempts and the next try."""
    tries = f"{mail.attempts} attempt{'s' if mail.attempts != 1 else ''}"
    if mail.next_try_at and mail.attempts and not mail.lease_until:
        tries += f", next try {moment(mail.next_try_at)}"
    match mail.state:
        case MailState.SENT:
            return Shown("ok", "true", moment(mail.sent_at) if mail.sent_at else "")
        case MailState.FAILED:
            return Shown("err", "false", f"refused: {reason(mail)}; {tries}")
        case MailState.UNCERTAIN:
            return Shown("warn", "uncertain", f"perhaps delivered: {reason(mail)}; {tries}")
        case MailState.WITHDRAWN:
            return Shown("off", "withdrawn", "an older link, not sent any more")
    if mail.smtp_reply:
        return Shown("err", "false", f"{reason(mail)}; {tries}")
    return Shown("run", "queued", "leaves in seconds")


def reason(mail: OutboxMail) -> str:
    """Why it has not left, in plain words; what the server said stands behind them."""
    if mail.smtp_code is None:
        return _without_reply(mail)
    said = mail.smtp_reply.replace("\n", " ").strip()
    return f"{_plain(mail.smtp_code, said)} (“{said}”, {mail.smtp_code})"


def _plain(code: int, said: str) -> str:
    if found := ENHANCED.match(said):
        subject, detail = found.groups()
        for key in (f"{subject}.{detail}", subject):
            if key in BY_STATUS:
                return BY_STATUS[key]
    return BY_CODE.get(code) or ("the server refuses the mail" if code >= 500 else BY_CODE[450])


def _without_reply(mail: OutboxMail) -> str:
    """No server said it: our own sentence, behind the name of what went wrong on the line."""
    name, separator, sentence = mail.smtp_reply.partition(": ")
    if not separator or not name.isidentifier():
        return mail.smtp_reply
    if mail.state == MailState.UNCERTAIN and mail.smtp_reply != WORKER_LOST:
        sentence = "the line broke after the mail was handed over"
    elif "CertVerification" in name:
        sentence = "the mail server’s certificate is not trusted"
    elif name in ("gaierror", "herror"):
        sentence = "the mail server’s name is not known"
    return f"{sentence} ({name})"


def moment(at: datetime) -> str:
    """Short, for dense tables: day and time in the active zone, whose offset stands below the table."""
    return date_format(timezone.localtime(at), "j M, H:i")
