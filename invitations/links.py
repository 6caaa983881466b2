"""Links that are signed and not stored: id and version under HMAC-SHA-256 with LINK_SIGNING_KEYS.

The same invitation and version always give the same link, so a mail that is sent again after a crash carries the
link of the first; raising the version kills it. The purpose is part of every signed text, so that no signature is
good for anything else.
"""

import base64
import hmac
import time
import uuid
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.urls import reverse

# A longer token is nobody's link; nothing is computed for it.
LONGEST_TOKEN = 200


@dataclass(frozen=True)
class Claim:
    """What a valid token says."""

    purpose: str
    subject: UUID
    number: int


def _mac(key: str, text: str) -> str:
    digest = hmac.digest(key.encode(), text.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _body(subject: UUID, number: int) -> str:
    return f"{base64.urlsafe_b64encode(subject.bytes).decode().rstrip('=')}-{number}"


def sign(purpose: str, subject: UUID, number: int) -> str:
    """A token for URL or cookie: id and number, readable, then the full 256-bit signature over purpose and both."""
    body = _body(subject, number)
    return f"{body}.{_mac(settings.LINK_SIGNING_KEYS[0], f'{purpose}:{body}')}"


def read(purpose: str, token: str) -> Claim | None:
    """What the token says, or None when any character of it is not ours. Asks no database."""
    body, _, mac = token.rpartition(".")
    signed = f"{purpose}:{body}"
    if len(token) > LONGEST_TOKEN or not token.isascii():
        return None
    fits = [hmac.compare_digest(mac, _mac(key, signed)) for key in settings.LINK_SIGNING_KEYS]
    if not any(fits):  # every key was tried: the time tells nothing about which one fits
        return None
    name, _, number = body.rpartition("-")
    return Claim(purpose, uuid.UUID(bytes=base64.urlsafe_b64decode(name + "==")), int(number))


def link(purpose: str, subject: UUID, version: int) -> str:
    """The absolute address for the mail, built from PUBLIC_URL and nothing a request says."""
    public_url: str = settings.PUBLIC_URL
    return public_url + reverse("invitations:enter", args=[sign(purpose, subject, version)])


def sign_until(purpose: str, subject: UUID, number: int, seconds: int) -> str:
    """A token that ends `seconds` from now (the process's real clock)."""
    ends = int(time.time()) + seconds
    return f"{ends}.{sign(f'{purpose}:{ends}', subject, number)}"


def read_until(purpose: str, token: str) -> Claim | None:
    """As `read`, for a token made by `sign_until`, while it lasts."""
    ends, _, rest = token.partition(".")
    claim = read(f"{purpose}:{ends}", rest)
    return claim if claim and int(ends) > time.time() else None
