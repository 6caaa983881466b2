"""What needs attention today: only what somebody can act on, the most urgent first."""

from dataclasses import dataclass
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal.core.clock import now
from portal.core.roles import Action
from portal.core.tenancy import Operator, OperatorRequest
from services.models import Service

# So many of each kind are listed; the counts tell how many there are.
ROWS = 8


@dataclass(frozen=True)
class Kind:
    """One kind of work: its heading, and its part of the sentence at the top for one and for several."""

    name: str
    title: str
    one: str
    several: str


KINDS = [
    Kind("broken", "Broken connections", "one connection is broken", "{} connections are broken"),
    Kind("held", "Tenants to confirm", "one tenant is to be confirmed", "{} tenants are to be confirmed"),
    Kind(
        "ready", "Ready for you", "one customer is ready for you to finish", "{} are ready for you to finish"
    ),
    Kind("locked", "Locked links", "one link is locked", "{} links are locked"),
    Kind("undelivered", "Mails that failed", "one mail did not arrive", "{} mails did not arrive"),
    Kind(
        "unchecked",
        "Not checked for 36 hours",
        "one connection could not be checked for 36 hours",
        "{} connections could not be checked for 36 hours",
    ),
    Kind("ending", "Running out", "one secret ends soon", "{} secrets end soon"),
]


def dashboard(request: HttpRequest) -> HttpResponse:
    user = cast(OperatorRequest, request).user
    counts = Service.objects.managed_by(user).attention_counts()
    kinds = [kind for kind in KINDS if counts[kind.name]]
    context = {
        "now": now(),
        "summary": summary(counts),
        "has_services": counts["living"] > 0,
        "groups": [{"kind": kind, "count": counts[kind.name], "lines": lines(kind, user)} for kind in kinds],
    }
    return render(request, "dashboard.html", context)


def lines(kind: Kind, user: Operator) -> list[dict[str, Any]]:
    """The most urgent services of a kind, and whether this operator may complete each."""
    mine = Service.objects.managed_by(user)
    urgent = {
        "broken": mine.broken,
        "held": mine.held,
        "ready": mine.ready,
        "locked": mine.locked,
        "undelivered": mine.undelivered,
        "unchecked": mine.unchecked,
        "ending": mine.ending,
    }
    return [
        {"service": service, "may_add": user.may(Action.ADD_SERVICES, service.channel_id)}
        for service in urgent[kind.name]().with_connection()[:ROWS]
    ]


def summary(counts: dict[str, int]) -> str:
    """As "2 connections are broken and one secret ends soon."; empty when there is nothing to do."""
    parts = [
        kind.one if counts[kind.name] == 1 else kind.several.format(counts[kind.name])
        for kind in KINDS
        if counts[kind.name]
    ]
    sentence = " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
    return f"{sentence[:1].upper()}{sentence[1:]}." if sentence else ""
