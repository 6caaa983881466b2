"""The activity of one service: what the journal holds of it, of its connection and of its invitations, in words."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from django.db.models import QuerySet, TextChoices

from m365 import causes
from portal.core.journal import JournalDetail, JournalEntry
from portal.core.moments import brief
from services.models import LicenseType, Service, SipConnection

# What happened, by verb, as it follows the name of who did it.
WORDS = {
    "service.begun": "began this service",
    "service.edited": "changed this service",
    "service.m365_domain_set": "chose the Microsoft 365 domain",
    "service.sip_connection_set": "set the SIP connection",
    "service.activated": "created the service",
    "service.deleted": "deleted the service",
    "invitation.sent": "invited the customer",
    "invitation.resent": "sent the invitation again",
    "invitation.reminded": "reminded the customer",
    "invitation.revoked": "revoked the invitation",
    "invitation.rejected": "rejected what the customer had answered",
    "invitation.link_copied": "copied the link of the invitation",
    "invitation.authenticated": "answered the invitation: connected",
    "invitation.held": "answered the invitation: the tenant is to be confirmed",
    "invitation.locked": "answered once too often: the link is locked",
    "m365.validated.valid": "validated the connection: valid",
    "m365.validated.findings": "validated the connection: valid, with findings",
    "m365.validated.held": "validated the connection: the tenant is to be confirmed",
    "m365.validated.invalid": "validated the connection: not valid",
    "m365.validated.undecided": "validated the connection: Microsoft could not be reached",
    "m365.tenant_confirmed": "confirmed the tenant",
    "m365.tenant_confirmed_too_late": "confirmed the tenant, too late",
    "m365.tenant_rejected": "rejected the tenant",
    "m365.secret_chosen": "said which client secret is in use",
    "m365.secret_end_typed": "typed when the client secret ends",
    "m365.state_changed": "found the connection in another state",
    "m365.rotation_began": "began to renew the client secret",
    "m365.secret_made": "made a client secret in the tenant",
    "m365.secret_removed": "removed a client secret from the tenant",
    "m365.rotation_failed": "could not renew the client secret",
    "secret.renewal_needed": "found that the client secret must be renewed",
    "connection.not_checked": "could not check the connection for 36 hours",
    "sign_in.succeeded": "signed in",
    "sign_in.ended": "signed out",
    "sign_in.refused": "was refused: wrong password",
    "password.changed": "chose another password",
    "second_factor.refused": "was refused: wrong second factor",
    "second_factor.added": "set up a second factor",
    "second_factor.removed": "removed a second factor",
    "recovery_codes.renewed": "made new recovery codes",
    "operator.created": "made an operator",
    "operator.invited": "invited an operator",
    "operator.role_granted": "gave a role",
    "operator.role_withdrawn": "withdrew a role",
    "operator.switched_off": "switched an operator off",
    "operator.switched_on": "switched an operator on",
    "operator.begun_anew": "let an operator begin anew",
    "operator.preferences_changed": "changed the own preferences",
    "channel.added": "added a channel",
    "channel.edited": "changed a channel",
    "mail.tried": "asked for a test mail",
    "nightly_run.began": "began the nightly run",
    "nightly_run.finished": "finished the nightly run",
}
# As DjangoJSONEncoder writes it.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
# What stands in an entry for programs; people read it from the words, or not at all.
_FOR_PROGRAMS = frozenset({"purpose", "client_id", "key_id"})


@dataclass(frozen=True)
class Change:
    """One value of an entry: the former one, where there was one, and what it became."""

    name: str
    new: str
    old: str | None = None


@dataclass(frozen=True)
class Deed:
    """One entry as a page and an export tell it. Without a detail, which retention may remove, few words are left."""

    entry: JournalEntry
    detail: JournalDetail | None
    about: tuple[str, ...] = ()
    """What the rows that it is about are called, where they have a name."""

    @classmethod
    def of(cls, entry: JournalEntry, called: Mapping[UUID, str] | None = None) -> Self:
        """`called`: names by id, for a page that is not about one service alone."""
        names = dict.fromkeys(called[one] for one in entry.about if called and one in called)
        return cls(entry, getattr(entry, "detail", None), tuple(names))

    @property
    def by(self) -> str:
        if self.detail:
            return self.detail.actor_label
        return self.entry.operator.name if self.entry.operator else self.entry.get_actor_kind_display()

    @property
    def source(self) -> str:
        """The network address that it was done from; empty for what no browser did."""
        return self.detail.source if self.detail else ""

    @property
    def words(self) -> str:
        return WORDS.get(self.entry.verb, self.entry.verb.replace(".", ": ").replace("_", " "))

    @property
    def changes(self) -> list[Change]:
        values: Mapping[str, Any] = self.detail.values if self.detail else {}
        return [_change(name, value) for name, value in sorted(values.items()) if _is_read(name, value)]

    @property
    def as_text(self) -> str:
        """The changes in one line: "licensed users: 10 → 20; full name: …"."""
        told = (
            f"{one.name}: {one.new if one.old is None else f'{one.old} → {one.new}'}" for one in self.changes
        )
        return "; ".join(told)


def entries(service: Service) -> QuerySet[JournalEntry]:
    """All that concern this service or its app registration, which every invitation and validation names."""
    about = [service.pk, service.app_registration_id]
    return JournalEntry.objects.filter(about__overlap=about).select_related("detail", "operator")


def deeds(rows: QuerySet[JournalEntry]) -> Iterator[Deed]:
    """Newest first, however many: for an export."""
    return map(Deed.of, rows.order_by("-created_at", "id").iterator(500))


def _is_read(name: str, value: Any) -> bool:
    return name not in _FOR_PROGRAMS and value not in (None, "", [], {})


def _change(name: str, value: Any) -> Change:
    words = " ".join("ID" if word == "id" else word for word in name.split("_"))
    told = _LABELS.get(name, _told)
    if isinstance(value, Mapping) and value.keys() == {"old", "new"}:
        return Change(words, told(value["new"]), told(value["old"]))
    return Change(words, told(value))


def _cause(name: Any) -> str:
    return causes.CATALOGUE[name].operator if name in causes.CATALOGUE else _told(name)


def _choice(of: type[TextChoices]) -> Callable[[Any], str]:
    """As the forms call it."""
    return lambda name: of(name).label if name in of.values else _told(name)


def _told(value: Any) -> str:
    if value in (None, ""):
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return brief(datetime.fromisoformat(value))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _types(values: Any) -> str:
    return _told([_choice(LicenseType)(one) for one in values]) if values else "all"


_LABELS: dict[str, Callable[[Any], str]] = {
    "cause": _cause,
    "license_type": _choice(LicenseType),
    "license_types": _types,
    "trunk_model": _choice(SipConnection.TrunkModel),
}
