"""What can be said of the three values before anything is sent to Microsoft."""

import re
import uuid
from dataclasses import dataclass, field
from uuid import UUID

from m365 import causes
from m365.causes import Cause

GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
# Zero-width characters, byte order mark and soft hyphen come along when text is copied from mails and documents.
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202f\u2060\ufeff]")
QUOTES = "\"'`“”„‘’‚«»‹›"
# The tenant of personal Microsoft accounts ("Access token claims reference") and the empty GUID.
NOBODYS_TENANTS = frozenset({UUID("9188040d-6c67-4c5b-b112-36a304b66dad"), UUID(int=0)})
# Longer than any secret that Entra makes; anything above is a mistake, and a form is no place to store it.
LONGEST_SECRET = 256


def tidy(text: str) -> str:
    """Without surrounding blanks, line ends, quotes and invisible characters; pasted values have them."""
    text = INVISIBLE.sub("", text)
    while (bare := text.strip().strip(QUOTES)) != text:
        text = bare
    return text


def as_guid(text: str) -> UUID | None:
    """The GUID, with or without braces."""
    bare = tidy(text).removeprefix("{").removesuffix("}")
    return uuid.UUID(bare) if GUID.fullmatch(bare) else None


@dataclass(frozen=True)
class Shape:
    """The values as read, and what is wrong with each, by field name: tenant_id, client_id, client_secret."""

    tenant_id: UUID | None
    client_id: UUID | None
    secret: str = field(repr=False)
    problems: dict[str, Cause] = field(default_factory=dict)


def read(tenant: str, client: str, secret: str) -> Shape:
    """Tidy and check the three values."""
    shape = Shape(as_guid(tenant), as_guid(client), tidy(secret))
    problems = {
        "tenant_id": _tenant_problem(shape.tenant_id, tidy(tenant)),
        "client_id": _client_problem(shape, tidy(client)),
        "client_secret": _secret_problem(shape.secret),
    }
    shape.problems.update({name: cause for name, cause in problems.items() if cause})
    return shape


def _tenant_problem(tenant_id: UUID | None, text: str) -> Cause | None:
    if tenant_id is None:
        return causes.EMAIL_FOR_ID if "@" in text else causes.MALFORMED_TENANT
    return causes.NOBODYS_TENANT if tenant_id in NOBODYS_TENANTS else None


def _client_problem(shape: Shape, text: str) -> Cause | None:
    if shape.client_id is None:
        return causes.EMAIL_FOR_ID if "@" in text else causes.MALFORMED_CLIENT
    return causes.SAME_ID_TWICE if shape.client_id == shape.tenant_id else None


def _secret_problem(secret: str) -> Cause | None:
    if not secret:
        return causes.NO_SECRET
    if as_guid(secret):
        return causes.SECRET_ID
    return causes.MALFORMED_SECRET if len(secret) > LONGEST_SECRET or not secret.isprintable() else None
