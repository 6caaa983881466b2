"""What can be said of the three values before anything is sent to Microsoft."""

import re
import uuid
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from m365 import causes
from m365.causes import Cause
from portal.core.secrets import Secret

GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
# Zero-width characters, byte order mark and soft hyphen come along when text is copied from mails and documents.
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202f\u2060\ufeff]")
QUOTES = "\"'`“”„‘’‚«»‹›"
# The tenant of personal Microsoft accounts ("Access token claims reference").
PERSONAL_TENANT = UUID("9188040d-6c67-4c5b-b112-36a304b66dad")
NOBODYS_TENANTS = frozenset({PERSONAL_TENANT, UUID(int=0)})
# Names that Entra takes in a tenant's place and that stand for none.
NOBODYS_NAMES = frozenset({"common", "organizations", "consumers"})
# A host name with a dot in it, in ASCII; a domain in another script is typed as its xn-- form is read.
DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])")
# As secret scanners describe today's secrets (gitleaks rule `azure-ad-client-secret`); older ones differ.
SECRET_FORM = re.compile(r"[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}")
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


def as_domain(text: str) -> str:
    """The domain in lower case and ASCII; empty for what is none."""
    try:
        name = tidy(text).lower().rstrip(".").encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    return name if DOMAIN.fullmatch(name) else ""


def looks_like_a_secret(text: str) -> bool:
    """Whether it has the form of today's client secrets; older ones differ, so this proves nothing."""
    return SECRET_FORM.fullmatch(text) is not None


@dataclass(frozen=True)
class Shape:
    """The values as read, and what is wrong with each, by field name: tenant_id, client_id, client_secret.

    The tenant is an ID, or a domain that Entra resolves.
    """

    tenant_id: UUID | None
    client_id: UUID | None
    secret: str = field(repr=False)
    tenant_domain: str = ""
    problems: dict[str, Cause] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, Any]:
        """As a validation takes them. Raises ValueError when one of them has a problem."""
        if self.problems or self.client_id is None:
            raise ValueError("the values were not checked")
        return {
            "tenant_id": self.tenant_id,
            "tenant_domain": self.tenant_domain,
            "client_id": self.client_id,
            "secret": Secret(self.secret),
        }


def read(tenant: str, client: str, secret: str) -> Shape:
    """Tidy and check the three values."""
    tenant_id = as_guid(tenant)
    shape = Shape(tenant_id, as_guid(client), tidy(secret), "" if tenant_id else as_domain(tenant))
    problems = {
        "tenant_id": tenant_problem(tenant, domains=True),
        "client_id": _client_problem(shape, tidy(client)),
        "client_secret": secret_problem(shape.secret),
    }
    shape.problems.update({name: cause for name, cause in problems.items() if cause})
    return shape


def tenant_problem(typed: str, *, domains: bool) -> Cause | None:
    """What is wrong with a tenant as it was typed; `domains` says whether one may stand for the ID."""
    text, tenant_id = tidy(typed), as_guid(typed)
    if text.lower() in NOBODYS_NAMES or tenant_id == UUID(int=0):
        return causes.NOBODYS_TENANT
    if tenant_id == PERSONAL_TENANT:
        return causes.PERSONAL_ACCOUNTS
    if tenant_id or (domains and as_domain(text)):
        return None
    return causes.EMAIL_FOR_ID if "@" in text else causes.MALFORMED_TENANT


def _client_problem(shape: Shape, text: str) -> Cause | None:
    if shape.client_id is None:
        return causes.EMAIL_FOR_ID if "@" in text else causes.MALFORMED_CLIENT
    return causes.SAME_ID_TWICE if shape.client_id == shape.tenant_id else None


def secret_problem(secret: str) -> Cause | None:
    if not secret:
        return causes.NO_SECRET
    if as_guid(secret):
        return causes.SECRET_ID
    return causes.MALFORMED_SECRET if len(secret) > LONGEST_SECRET or not secret.isprintable() else None
