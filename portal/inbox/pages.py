"""The web inbox: a list, a page per mail, and the same as JSON; it reads and changes nothing."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from portal.inbox import Inbox, Mail

STYLE = Path(__file__).with_name("inbox.css")
SECONDS_BETWEEN_LOOKS = 5
POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; frame-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
# A mail's own HTML: styled inline as mails are, no script, and its links open beside the inbox.
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
MAIL_POLICY = (
    f"sandbox {SANDBOX}; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
{refresh}<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/inbox.css">
</head>
<body>
<header>
<a href="/">Inbox</a> <span>Every mail the portal sends ends here; none leaves this machine.</span>
</header>
<main>
{content}
</main>
</body>
</html>
"""


def page(title: str, content: str, refresh: bool = False) -> str:
    """The frame around a page's content; the title is escaped here, the content before."""
    meta = f'<meta http-equiv="refresh" content="{SECONDS_BETWEEN_LOOKS}">\n' if refresh else ""
    return FRAME.format(title=escape(title), content=content, refresh=meta)


def list_page(mails: list[Mail]) -> str:
    """All mails, newest first."""
    rows = "\n".join(
        f'<li><a href="/mails/{mail.id}">{escape(mail.subject or "(no subject)")}</a>'
        f'<span class="who"><bdi>{escape(", ".join(mail.to))}</bdi></span>'
        f'<time datetime="{mail.received_at.isoformat()}">'
        f"{mail.received_at:%d %b %Y, %H:%M:%S} UTC</time></li>"
        for mail in reversed(mails)
    )
    empty = '<p class="empty">No mail yet. This page looks again every few seconds.</p>'
    content = f'<ul class="mails">\n{rows}\n</ul>' if mails else empty
    return page(f"Inbox ({len(mails)})", f"<h1>Inbox</h1>\n{content}", refresh=True)


def mail_page(mail: Mail) -> str:
    """One mail: its links, its HTML in a closed frame, its text, its headers."""
    shown = "\n".join(
        f"<dt>{label}</dt><dd><bdi>{escape(mail[label])}</bdi></dd>" for label in ("From", "To", "Date")
    )
    parts = [f"<h1>{escape(mail.subject or '(no subject)')}</h1>", f"<dl>\n{shown}\n</dl>"]
    if mail.links:
        links = "\n".join(f'<li><a href="{escape(link)}">{escape(link)}</a></li>' for link in mail.links)
        parts.append(f"<h2>Links</h2>\n<ul class='links'>\n{links}\n</ul>")
    if mail.html:
        frame = f'<iframe sandbox="{SANDBOX}" src="/mails/{mail.id}/html" title="The mail as HTML"></iframe>'
        parts.append(f"<h2>HTML</h2>\n{frame}")
    if mail.text:
        parts.append(f"<h2>Text</h2>\n<pre tabindex='0'>{escape(mail.text)}</pre>")
    headers = "\n".join(f"{name}: {value}" for name, value in mail.message.items())
    parts.append(f"<details><summary>All headers</summary>\n<pre>{escape(headers)}</pre>\n</details>")
    return page(mail.subject, "\n".join(parts))


def with_pictures(mail: Mail) -> str:
    """The HTML part with the pictures that the mail carries in place of their names (RFC 2392)."""
    html = mail.html
    for part in mail.message.walk():
        name = str(part["Content-ID"] or "").strip("<>")
        if name and part.get_content_maintype() == "image":
            content = b64encode(part.get_content()).decode()
            html = html.replace(f"cid:{name}", f"data:{part.get_content_type()};base64,{content}")
    return html


def opening_beside(html: str) -> str:
    """The mail's HTML with all its links opening in another tab: the portal refuses to stand in a frame."""
    base = '<base target="_blank">'
    found = re.search(r"<head\b[^>]*>", html, re.IGNORECASE)
    return html[: found.end()] + base + html[found.end() :] if found else base + html


def as_json(mails: list[Mail]) -> str:
    """All mails, oldest first, for programs."""
    return json.dumps(
        [
            {
                "id": mail.id,
                "received_at": mail.received_at.isoformat(),
                "from": mail["From"],
                "to": mail.to,
                "subject": mail.subject,
                "text": mail.text,
                "html": mail.html,
                "links": mail.links,
                "headers": [[name, str(value)] for name, value in mail.message.items()],
            }
            for mail in mails
        ]
    )


def handler_for(inbox: Inbox) -> type[BaseHTTPRequestHandler]:
    """The request handler of this inbox."""

    class Handler(BaseHTTPRequestHandler):
        server_version = "Inbox"
        sys_version = ""

        def do_GET(self) -> None:
            match self.path.strip("/").split("/"):
                case [""]:
                    self.answer(list_page(inbox.mails))
                case ["inbox.css"]:
                    self.answer(STYLE.read_text(encoding="utf-8"), "text/css")
                case ["messages.json"]:
                    self.answer(as_json(inbox.mails), "application/json")
                case ["mails", mail_id] if mail := inbox.get(mail_id):
                    self.answer(mail_page(mail))
                case ["mails", mail_id, "html"] if mail := inbox.get(mail_id):
                    self.answer(opening_beside(with_pictures(mail)), policy=MAIL_POLICY)
                case _:
                    self.answer(page("Not found", "<h1>No such mail</h1>"), status=HTTPStatus.NOT_FOUND)

        def answer(
            self,
            text: str,
            kind: str = "text/html",
            policy: str = POLICY,
            status: HTTPStatus = HTTPStatus.OK,
        ) -> None:
            """Send a whole answer; nothing of it is kept by browsers."""
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", policy)
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Referrer-Policy", "no-referrer")
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's own name
            """Say nothing: a list that looks again every few seconds would fill the log."""

    return Handler
