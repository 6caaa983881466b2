"""What a validation read of a tenant: kept at once, or, while the tenant is to be confirmed, with the validation."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from m365.matching import KnownCredential

if TYPE_CHECKING:
    from m365.validation import Outcome  # which brings MSAL; no web process needs that


def named(domains: list[dict[str, Any]], kind: str) -> str:
    """The name of the tenant's domain that is `initial` or `default`; empty when it is not known."""
    return next((str(domain["name"]) for domain in domains if domain[kind]), "")


@dataclass(frozen=True)
class Reading:
    """What could not be read is empty; `matches` is None when the application's secrets could not be read."""

    roles: list[str] = field(default_factory=list)
    entra_roles: list[str] = field(default_factory=list)
    tenant_name: str = ""
    domains: list[dict[str, Any]] = field(default_factory=list)
    domains_read_at: datetime | None = None
    app_name: str = ""
    matches: list[KnownCredential] | None = None

    @property
    def default_domain(self) -> str:
        return named(self.domains, "default")

    @classmethod
    def of(cls, outcome: "Outcome") -> "Reading":
        return cls(**{name: getattr(outcome, name) for name in cls.__dataclass_fields__})

    def of_registration(self) -> dict[str, Any]:
        """What was read, by the columns of AppRegistration that keep it."""
        found: dict[str, Any] = {"roles": self.roles, "entra_roles": self.entra_roles}
        if self.domains_read_at:
            for name in ("tenant_name", "domains", "domains_read_at"):
                found[name] = getattr(self, name)
        if self.matches is not None:
            found["app_name"] = self.app_name
        return found

    def dump(self) -> dict[str, Any]:
        """As JSON keeps it."""
        read_at, matches = self.domains_read_at, self.matches
        return {
            "roles": self.roles,
            "entra_roles": self.entra_roles,
            "tenant_name": self.tenant_name,
            "domains": self.domains,
            "domains_read_at": read_at.isoformat() if read_at else None,
            "app_name": self.app_name,
            "matches": None if matches is None else [match.dump() for match in matches],
        }

    @classmethod
    def load(cls, kept: dict[str, Any]) -> "Reading":
        """What `dump` gave; nothing read when that is empty."""
        if not kept:
            return cls()
        read_at, matches = kept["domains_read_at"], kept["matches"]
        read = {
            "domains_read_at": datetime.fromisoformat(read_at) if read_at else None,
            "matches": None if matches is None else [KnownCredential.load(match) for match in matches],
        }
        return cls(**kept | read)
