"""After a night, one mail for each operator who can act: what is new, the most urgent first, and none without news."""

import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from m365 import rotation
from m365.models import BROKEN, CheckItem, NightlyRun
from portal.core import outbox
from portal.core.actors import PORTAL
from portal.core.clock import days_until
from portal.core.letters import Letter, written
from portal.core.moments import spelled_out
from portal.core.outbox import OutboxMail
from portal.core.roles import ALLOWED, Action
from portal.core.tenancy import Operator
from services.models import ConnectionWarning, Customer, Service
from services.nights import Account

DIGEST = "services.nightly_digest"
# Who may set a secret can act on the mail; the others see the same on the pages.
ACTION = Action.CONNECT
# So many lines stand in one mail; the pages have all of them.
LINES = 50


@dataclass(frozen=True)
class Line:
    """News of one service; a smaller rank is more urgent."""

    rank: tuple[int, float]
    service: Service
    words: str
    url: str


@dataclass
class Group:
    customer: Customer
    lines: list[Line]


@dataclass
class News:
    """What one run made known to one operator and is still so."""

    broken: int
    ending: int
    unchecked: int
    recovered: int
    groups: list[Group]

    @property
    def total(self) -> int:
        return self.broken + self.ending + self.unchecked + self.recovered

    @property
    def more(self) -> int:
        """How many do not stand in the mail."""
        return self.total - sum(len(group.lines) for group in self.groups)

    @property
    def summary(self) -> str:
        """As "2 broken, 1 secret near its end"."""
        parts = [
            (self.broken, "broken"),
            (self.ending, "secret near its end" if self.ending == 1 else "secrets near their end"),
            (self.unchecked, "not checked for 36 hours"),
            (self.recovered, "working again"),
        ]
        return ", ".join(f"{count} {words}" for count, words in parts if count)


def post(run: NightlyRun) -> None:
    """Queue the digests of a run; the same run again queues none a second time."""
    channels = set(_warnings(run).values_list("channel", flat=True))
    channels |= set(_turned(run).values_list("channel", flat=True))
    for operator in _recipients(channels) if channels else []:
        outbox.post(DIGEST, run.pk, operator.email, key=f"digest/{run.pk}/{operator.pk}", actor=PORTAL)


def _recipients(channels: Iterable[object]) -> Iterable[Operator]:
    theirs = Q(memberships__channel__in=channels) | Q(memberships__channel=None)
    able = Operator.objects.filter(theirs, memberships__role__in=ALLOWED[ACTION])
    return able.filter(is_active=True, nightly_digest=True).distinct().iterator()


def _warnings(run: NightlyRun) -> Any:
    return ConnectionWarning.objects.of_run(run).standing()


def _turned(run: NightlyRun) -> Any:
    items = CheckItem.objects.filter(run=run)
    return items.turned_bad() | items.turned_good()


def render(mail: OutboxMail) -> Letter | None:
    """The mail as it is true when it leaves; None when there is nothing to tell any more, or nobody to tell it."""
    run = NightlyRun.objects.filter(pk=mail.object_id).first()
    operator = Operator.objects.filter(email=mail.recipient, is_active=True, nightly_digest=True).first()
    if run is None or operator is None:
        return None
    with timezone.override(zoneinfo.ZoneInfo(operator.time_zone) if operator.time_zone else None):
        news = _news(run, operator)
        return _letter(run, operator, news) if news.total else None


def _letter(run: NightlyRun, operator: Operator, news: News) -> Letter:
    return written(
        "digest",
        operator_name=operator.name,
        news=news,
        account=Account.of(run, operator),
        began_at=spelled_out(run.began_at),
        link=settings.PUBLIC_URL + reverse("services:nightly_run", args=[run.date]),
        preferences_url=settings.PUBLIC_URL + reverse("preferences"),
    )


def _news(run: NightlyRun, operator: Operator) -> News:
    items = CheckItem.objects.filter(run=run).allowed(operator, ACTION)
    bad = items.turned_bad().filter(registration__state__in=BROKEN)
    good = items.turned_good().exclude(registration__state__in=BROKEN)
    warnings = _warnings(run).allowed(operator, ACTION)
    # What is broken already is told once: that its secret ends, too, is no second line.
    ending = warnings.filter(kind=ConnectionWarning.Kind.ENDING).exclude(
        service__app_registration__in=bad.values("registration")
    )
    unchecked = warnings.filter(kind=ConnectionWarning.Kind.UNCHECKED)
    lines = [*_of_items(bad), *_of_warnings(ending), *_of_warnings(unchecked), *_of_items(good)]
    return News(bad.count(), ending.count(), unchecked.count(), good.count(), _grouped(lines[:LINES]))


def _of_items(items: Any) -> list[Line]:
    found = list(items.select_related("registration").order_by("state", "id")[:LINES])
    services = Service.objects.living().filter(app_registration__in=[item.registration_id for item in found])
    by_registration = {service.app_registration_id: service for service in services.with_connection()}
    return [
        _of_item(item, by_registration[item.registration_id])
        for item in found
        if item.registration_id in by_registration
    ]


def _of_item(item: CheckItem, service: Service) -> Line:
    if item.state in BROKEN:
        why = service.app_registration.cause
        words = f"{item.get_state_display().capitalize()}{f': {why.operator}' if why else ''}"
        return Line((0, float(item.state)), service, words, _url(service))
    was = item.get_before_display()
    return Line((3, 0.0), service, f"Works again; the night before it was “{was}”.", _url(service))


def _of_warnings(warnings: Any) -> list[Line]:
    connection = "service__app_registration__active_credential"
    shown = warnings.select_related("credential", "service__customer", connection)
    next_first = shown.order_by("service__app_registration__secret_ends_at", "id")
    return [_of_warning(warning) for warning in next_first[:LINES]]


def _of_warning(warning: ConnectionWarning) -> Line:
    service, ends = warning.service, warning.credential.earliest_end
    if warning.kind == ConnectionWarning.Kind.UNCHECKED or ends is None:
        last = service.app_registration.checked_at
        since = f", last on {spelled_out(last)}" if last else ""
        return Line((2, 0.0), service, f"Not checked for 36 hours{since}.", _url(service))
    days = days_until(ends)
    left = f"ends in {days} day{'s' if days != 1 else ''}" if days > 0 else "ends in less than 24 hours"
    earliest = " at the earliest" if warning.credential.not_after is None else ""
    words = f"The client secret {left if days >= 0 else 'has expired'}: {spelled_out(ends)}{earliest}."
    if rotation.permitted(service.app_registration):
        words += " The portal renews it itself."
    elif not service.m365_contact:
        words += " Nobody can be asked to renew it: no Microsoft 365 contact is recorded."
    return Line((1, ends.timestamp()), service, words, _url(service))


def _url(service: Service) -> str:
    return f"{settings.PUBLIC_URL}{reverse('services:m365_configuration', args=[service.pk])}"


def _grouped(lines: list[Line]) -> list[Group]:
    """By customer, each where its most urgent line stands."""
    groups: dict[Any, Group] = {}
    for line in sorted(lines, key=lambda line: line.rank):
        groups.setdefault(line.service.customer_id, Group(line.service.customer, [])).lines.append(line)
    return list(groups.values())
