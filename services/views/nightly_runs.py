"""Nightly runs: all of them, the account of one, and its items by state; each as far as the operator's channels go."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from m365.models import CheckItem, ConnectionState, NightlyRun
from portal.core.pages import Keyset
from portal.core.tenancy import Operator, OperatorRequest
from services.models import Service
from services.nights import ORDER, SHAPES, Account, accounts, why_unchecked
from services.views.nights_drawn import bar, last_nights

# So many nights are drawn, and so many of what turned are listed.
NIGHTS, TURNED = 14, 8


@require_safe
def nightly_runs(request: OperatorRequest) -> HttpResponse:
    page = Keyset(NightlyRun.objects.all(), "-date", "id").page(request)
    counted = accounts(page.rows, request.user)
    rows = [counted[run.pk] for run in page.rows]
    return render(request, "services/nightly_runs.html", {"page": page, "rows": rows})


@require_safe
def nightly_run(request: OperatorRequest, night: date) -> HttpResponse:
    """The account of one night beside that of the night before."""
    by_date = _nights_until(night, request.user)
    if night not in by_date:
        raise Http404("no run in that night")
    account, before = by_date[night], by_date.get(night - timedelta(days=1))
    context = {
        "account": account,
        "states": _states(account, before),
        "bar": bar(account),
        "nights": last_nights(by_date, night, NIGHTS),
        "before": before,
        "after": by_date.get(night + timedelta(days=1)),
        "turned": _turned(account.run, request.user) if account.run.finished_at else None,
    }
    return render(request, "services/nightly_run.html", context)


def _nights_until(night: date, operator: Operator) -> dict[date, Account]:
    """The accounts of this night, of those drawn before it, and of the one after it."""
    first, last = night - timedelta(days=NIGHTS - 1), night + timedelta(days=1)
    runs = list(NightlyRun.objects.filter(date__range=(first, last)))
    counted = accounts(runs, operator)
    return {run.date: counted[run.pk] for run in runs}


def _states(account: Account, before: Account | None) -> list[dict[str, Any]]:
    """Each state with how many there are, and how many more or fewer than the night before."""
    return [
        {
            "state": state,
            "shape": SHAPES[state],
            "count": account.states[state],
            "change": account.states[state] - before.states[state] if before else None,
        }
        for state in ORDER
    ]


def _turned(run: NightlyRun, operator: Operator) -> dict[str, list[dict[str, Any]]]:
    """What broke and what works again since nights last looked; two queries."""
    items = CheckItem.objects.managed_by(operator).filter(run=run).order_by("state", "id")
    found = items.turned_bad()[:TURNED].union(items.turned_good()[:TURNED], all=True)
    rows = with_services(found)
    broken = [row for row in rows if row["shape"] == "err"]
    return {"bad": broken, "good": [row for row in rows if row["shape"] != "err"]}


@require_safe
def nightly_items(request: OperatorRequest, night: date, state: str) -> HttpResponse:
    """All items of a run that ended in this state."""
    run, wanted = get_object_or_404(NightlyRun, date=night), ConnectionState.of_slug(state)
    if wanted is None:
        raise Http404("no such state")
    items = CheckItem.objects.managed_by(request.user).filter(run=run, state=wanted)
    page = Keyset(items, "id").page(request)
    context = {
        "run": run,
        "state": wanted,
        "shape": SHAPES[wanted],
        "page": page,
        "rows": with_services(page.rows),
    }
    return render(request, "services/nightly_items.html", context)


def with_services(items: Iterable[CheckItem]) -> list[dict[str, Any]]:
    """Each item with its service, in the same order, and why it was not checked; one query beyond the items'."""
    found = list(items)
    services = Service.objects.filter(app_registration__in=[item.registration_id for item in found])
    by_registration = {
        row.app_registration_id: row for row in services.select_related("customer", "app_registration")
    }
    return [
        {
            "item": item,
            "service": by_registration.get(item.registration_id),
            "shape": SHAPES[ConnectionState(item.state)] if item.state else "todo",
            "why": _why(item),
        }
        for item in found
    ]


def _why(item: CheckItem) -> str:
    if item.state == ConnectionState.NOT_CHECKED:
        return why_unchecked(item.cause_name)
    return item.cause.operator if item.cause else ""
