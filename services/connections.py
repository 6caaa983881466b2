"""The connections of all services as one list: which are asked for, in which order, and how many of each there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, QueryDict

from m365.models import AppRegistration, ConnectionState
from m365.models.registrations import UNCHECKED_AFTER
from m365.shape import as_guid
from portal.core.clock import now
from portal.core.tenancy import Operator
from services.models import Customer, Service
from services.nights import ORDER, SHAPES

WITHIN_DAYS = (30, 60, 90)
SORTS = {"state": ("state", "secret_ends_at", "id"), "days": ("secret_ends_at", "id")}
STALE = "stale"


@dataclass(frozen=True)
class Chip:
    """A filter that is a link, with how many rows it leads to."""

    words: str
    count: int
    query: str
    current: bool
    shape: str = ""


@dataclass(frozen=True)
class Asked:
    """What the address asks for; what cannot be read in it is left out."""

    operator: Operator
    query: QueryDict
    text: str  # in the customer's name, or the beginning of its tenant ID

    @classmethod
    def of(cls, request: HttpRequest, operator: Operator, text: str) -> Self:
        return cls(operator, request.GET, text)

    @property
    def sort(self) -> str:
        wanted = self.query.get("sort", "")
        return wanted if wanted in SORTS else "state"

    @property
    def kind(self) -> str:
        """The chosen chip: a state's slug, "stale", or "30", "60", "90"; empty for all."""
        wanted = self.query.get("show", "")
        return wanted if wanted in self._conditions() else ""

    @property
    def channel(self) -> UUID | None:
        """The chosen channel; one that the operator does not see has no rows for them."""
        return as_guid(self.query.get("channel", ""))

    def _within_channel_and_customer(self) -> QuerySet[AppRegistration]:
        rows = AppRegistration.objects.managed_by(self.operator).watched()
        if self.channel:
            rows = rows.filter(channel=self.channel)
        if self.text:
            rows = rows.filter(owner__in=Customer.objects.matching(self.text).values("pk"))
        return rows

    def rows(self) -> QuerySet[AppRegistration]:
        found = self._within_channel_and_customer().select_related("active_credential", "channel")
        return found.filter(self._conditions()[self.kind]) if self.kind else found

    def chips(self) -> list[Chip]:
        """All, each state that occurs, and what ends soon; each count is that of the list behind it. One query."""
        conditions = self._conditions()
        named = {f"n{number}": condition for number, condition in enumerate(conditions.values())}
        aggregates = {name: Count("pk", filter=condition) for name, condition in named.items()}
        counts = self._within_channel_and_customer().aggregate(all=Count("pk"), **aggregates)
        chips = [Chip("All", counts["all"], self.link(show=""), self.kind == "")]
        for name, kind in zip(named, conditions, strict=True):
            if counts[name] or kind == self.kind or kind.isdecimal():
                link = self.link(show=kind)
                chips.append(Chip(_words(kind), counts[name], link, kind == self.kind, _shape(kind)))
        return chips

    @staticmethod
    def _conditions() -> dict[str, Q]:
        at = now()
        found = {state.slug: Q(state=state) for state in sorted(ORDER)}
        found[STALE] = Q(checked_at=None) | Q(checked_at__lte=at - UNCHECKED_AFTER)
        for days in WITHIN_DAYS:
            found[str(days)] = Q(secret_ends_at__gte=at, secret_ends_at__lte=at + timedelta(days=days))
        return found

    def link(self, **changes: str) -> str:
        """This list with something else chosen, from its first page."""
        query = self.query.copy()
        for name in ("after", "before"):
            query.pop(name, None)
        for name, value in changes.items():
            query.pop(name, None)
            if value:
                query[name] = value
        return f"?{query.urlencode()}"


def _words(kind: str) -> str:
    if kind.isdecimal():
        return f"Ends within {kind} days"
    state = ConnectionState.of_slug(kind)
    return state.label.capitalize() if state else "Not checked for 36 hours"


def _shape(kind: str) -> str:
    state = ConnectionState.of_slug(kind)
    if state:
        return SHAPES[state]
    return "warn" if kind == STALE else ""


def with_services(registrations: Sequence[AppRegistration]) -> list[dict[str, Any]]:
    """Each registration with its service, in the same order; one query."""
    services = Service.objects.living().filter(app_registration__in=registrations).select_related("customer")
    by_registration = {service.app_registration_id: service for service in services}
    return [
        {"registration": row, "service": by_registration[row.pk], "shape": SHAPES[ConnectionState(row.state)]}
        for row in registrations
        if row.pk in by_registration
    ]
