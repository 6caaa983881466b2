"""A mail sink for the demo and the tests: real SMTP in, files in a folder, a small web inbox to read them."""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from functools import cached_property
from html.parser import HTMLParser
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

ID = re.compile(r"[0-9]{20}-[0-9a-f]{8}")
LINK = re.compile(r"https?://[^\s<>\"']+")


@dataclass(frozen=True)
class Mail:
    """One received mail; `id` sorts by the moment it was received."""

    id: str
    message: EmailMessage

    def __getitem__(self, header: str) -> str:
        return str(self.message[header] or "")

    @property
    def received_at(self) -> datetime:
        """When the sink stored it, in UTC."""
        return datetime.fromtimestamp(int(self.id.partition("-")[0]) / 1e9, UTC)

    @property
    def to(self) -> list[str]:
        """The addresses of the header To."""
        return [address for _name, address in getaddresses(self.message.get_all("To", []))]

    @property
    def subject(self) -> str:
        """The subject, decoded."""
        return self["Subject"]

    @cached_property
    def text(self) -> str:
        """The plain text part, empty if there is none."""
        return self._part("plain")

    @cached_property
    def html(self) -> str:
        """The HTML part, empty if there is none."""
        return self._part("html")

    @cached_property
    def links(self) -> list[str]:
        """Every web address in the text and in the HTML part, each once, in the order of appearance."""
        collector = _Links()
        collector.feed(self.html)
        plain = [link.rstrip(".,;:)") for link in LINK.findall(self.text)]
        return list(dict.fromkeys([*plain, *collector.found]))

    def _part(self, kind: str) -> str:
        part = self.message.get_body(preferencelist=(kind,))
        return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        target = dict(attrs).get("href") or ""
        if tag == "a" and LINK.fullmatch(target):
            self.found.append(target)


class Inbox(Sequence[Mail]):
    """The sink: a sequence of the mails in its folder, oldest first.

    Mails are files, so that a restart keeps them and two processes may read them. A mail is accepted
    only when its file is complete.
    """

    def __init__(self, store: Path, smtp_port: int, http_port: int | None = None) -> None:
        self.store, self.smtp_port, self.http_port = store, smtp_port, http_port
        self._smtp = Controller(self, hostname="127.0.0.1", port=smtp_port)
        self._http: ThreadingHTTPServer | None = None
        self._arrival = threading.Condition()

    def start(self) -> None:
        """Listen on 127.0.0.1; raises OSError when a port is in use."""
        self.store.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._smtp.start()
        if self.http_port is not None:
            from portal.inbox.pages import handler_for

            self._http = ThreadingHTTPServer(("127.0.0.1", self.http_port), handler_for(self))
            self._http.daemon_threads = True
            threading.Thread(target=self._http.serve_forever, name="web inbox", daemon=True).start()

    def stop(self) -> None:
        """Close the ports; what was received stays in the folder."""
        self._smtp.stop()
        if self._http is not None:
            self._http.shutdown()
            self._http.server_close()

    # The name is aiosmtpd's: it calls its handler so.
    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Store the mail under the SMTP sender and recipients, then accept it."""
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
        recipients = ", ".join(envelope.rcpt_tos)
        head = f"X-Envelope-From: {envelope.mail_from}\r\nX-Envelope-To: {recipients}\r\n"
        content: Any = envelope.content  # bytes, as decode_data is off
        half = self.store / f"{name}.new"
        half.write_bytes(head.encode() + content)
        with self._arrival:
            half.rename(self.store / f"{name}.eml")
            self._arrival.notify_all()
        return "250 OK"

    def ids(self) -> list[str]:
        """The ids of all mails, oldest first."""
        return sorted(file.stem for file in self.store.glob("*.eml"))

    def get(self, mail_id: str) -> Mail | None:
        """The mail with this id, if it is here."""
        file = self.store / f"{mail_id}.eml"
        if not ID.fullmatch(mail_id) or not file.exists():
            return None
        message = message_from_bytes(file.read_bytes(), policy=policy.default)
        return Mail(mail_id, message)

    @property
    def mails(self) -> list[Mail]:
        """All mails, oldest first."""
        return [mail for mail_id in self.ids() if (mail := self.get(mail_id)) is not None]

    @property
    def messages(self) -> list[EmailMessage]:
        """All mails as parsed messages, oldest first."""
        return [mail.message for mail in self.mails]

    def clear(self) -> None:
        """Throw all mails away."""
        for mail_id in self.ids():
            (self.store / f"{mail_id}.eml").unlink()

    def wait_for(self, wanted: Callable[[Mail], bool] = lambda _mail: True, within: float = 30.0) -> Mail:
        """The first mail that is wanted, as soon as it arrives; raises TimeoutError after `within` seconds.

        Sees mails that this very object receives, not those of another process.
        """
        with self._arrival:
            self._arrival.wait_for(lambda: any(map(wanted, self.mails)), timeout=within)
        for mail in self.mails:
            if wanted(mail):
                return mail
        subjects = [mail.subject for mail in self.mails]
        raise TimeoutError(f"No such mail within {within:.0f} s; received: {subjects}")

    def __len__(self) -> int:
        return len(self.ids())

    def __getitem__(self, index: Any) -> Any:
        return self.mails[index]

    def __iter__(self) -> Iterator[Mail]:
        return iter(self.mails)
