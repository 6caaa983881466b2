"""The word beside the short name while it is typed: which rules it breaks, or the host name that it will give."""

from collections.abc import Collection
from dataclasses import dataclass, field

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.core.access import needs
from portal.core.roles import Action
from portal.core.tenancy import Operator, OperatorRequest
from services import names
from services.models import Customer, OnboardingDraft, Sbc, Service, SipConnection

LONGEST_LOOKED_AT = 500  # characters; nobody types more


@dataclass(frozen=True)
class Verdict:
    """What is to be said of a short name; nothing at all while the field is empty."""

    name: str
    broken: list[str] = field(default_factory=list)
    in_use: bool = False
    suggestion: str = ""  # legal and free; empty when the name itself is, or when none was found
    label: str = ""  # of the name or, when it cannot be used, of the suggestion
    host_name: str = ""  # empty while the channel has no SBC

    @property
    def free(self) -> bool:
        return bool(self.name) and not (self.broken or self.in_use)

    @property
    def differs(self) -> bool:
        return bool(self.label) and names.differs(self.suggestion or self.name, self.label)


@require_safe
@needs(Action.ADD_SERVICES)
def verdict(request: OperatorRequest) -> HttpResponse:
    found = look_at(request.GET.get("short_name", ""), request.user)
    return render(request, "services/onboarding/_short_name.html", {"verdict": found})


def look_at(typed: str, operator: Operator) -> Verdict:
    """The rules and what is in use, whoever's it is; two queries at most."""
    name = names.normal(typed[:LONGEST_LOOKED_AT])
    if not name:
        return Verdict(name)
    broken = [sentence for _code, sentence in names.broken_rules(name)]
    possible = list(names.suggestions(name))
    taken = _taken([*possible, *([] if broken else [name])])
    in_use = not broken and names.key(name) in taken
    suggestion = ""
    if broken or in_use:
        suggestion = next((one for one in possible if names.key(one) not in taken), "")
        if not suggestion:
            return Verdict(name, broken, in_use)
    label, host_name = _host(suggestion or name, operator)
    return Verdict(name, broken, in_use, suggestion, label, host_name)


def _taken(wanted: Collection[str]) -> set[str]:
    """The keys of those names that living services of any channel have."""
    keys = {names.key(name) for name in wanted}
    found = Service.objects.living().filter(short_key__in=keys) if keys else Service.objects.none()
    return set(found.values_list("short_key", flat=True))


def _host(short_name: str, operator: Operator) -> tuple[str, str]:
    """Label and host name on the first SBC of the channel whose customer the operator has selected."""
    made = names.host_label(short_name)
    draft = OnboardingDraft.objects.filter(
        operator=operator, customer__in=Customer.objects.managed_by(operator)
    )
    here = SipConnection.objects.filter(SipConnection.like(made), base_domain=OuterRef("base_domain"))
    sbcs = Sbc.objects.filter(channel__in=draft.values("customer__channel")).order_by("name")
    rows = list(sbcs.annotate(taken=ArraySubquery(here.values("host_label"))).values("base_domain", "taken"))
    label = names.free_label(made, {one for row in rows for one in row["taken"]})
    return label, f"{label}.{rows[0]['base_domain']}" if rows else ""
