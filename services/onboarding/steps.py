"""Where a service stands in the Onboarding wizard, and the line that shows it.

The service's own row is the wizard's state: a step is open when everything before it is done, whatever URL is typed.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from portal.core.access import demand
from portal.core.moments import brief
from portal.core.roles import Action
from portal.core.tenancy import OperatorRequest
from services.models import Customer, Service

StepView = Callable[[OperatorRequest, Service], HttpResponse]

TITLES = ["Customer", "Tenant", "Authentication", "Microsoft 365 Settings", "SIP Connection", "Summary"]
CUSTOMER, TENANT, AUTHENTICATION, SETTINGS, SIP, SUMMARY = range(1, 7)
ORDER = [
    "onboarding_sent",
    "onboarding_registration",
    "onboarding_settings",
    "onboarding_sip",
    "onboarding_summary",
    "onboarding_what_remains",
]


def service_of(request: OperatorRequest, id: UUID) -> Service:
    """The service for an operator who may finish it. Raises Http404 for strangers, PermissionDenied for onlookers."""
    mine = Service.objects.managed_by(request.user).living().with_connection()
    people = ("activated_by", "edited_by", "former_editor", "m365_domain_typed_by")
    service = get_object_or_404(mine.select_related("sip_connection__sbc", *people), pk=id)
    demand(request, Action.ADD_SERVICES, service)
    return service


def step(name: str) -> Callable[[StepView], Callable[[HttpRequest, UUID], HttpResponse]]:
    """A view of one step; who comes too early, or too late, is sent to the step that is next."""

    def decorate(view: StepView) -> Callable[[HttpRequest, UUID], HttpResponse]:
        @wraps(view)
        def wrapped(request: HttpRequest, id: UUID) -> HttpResponse:
            asked = cast(OperatorRequest, request)
            service = service_of(asked, id)
            if not _open(service, name):
                return to_next(service)
            note_editor(asked, service)
            return view(asked, service)

        return wrapped

    return decorate


def note_editor(request: OperatorRequest, service: Service) -> None:
    """Note who is at a pending service; a page that asks again by itself is nobody at work."""
    if service.state == Service.State.PENDING and "HX-Request" not in request.headers:
        service.touch(request.user)


def _open(service: Service, name: str) -> bool:
    upcoming = service.next_step()
    if upcoming == "onboarding_what_remains" or (name == "onboarding_sent" and not service.invitation):
        return name == upcoming
    return ORDER.index(name) <= ORDER.index(upcoming)


def to_next(service: Service) -> HttpResponse:
    return redirect(f"services:{service.next_step()}", service.pk)


def line(number: int, customer: Customer | None = None, service: Service | None = None) -> dict[str, Any]:
    """What templates/wizard.html needs: the stations with the values chosen so far, and this step's place."""
    notes = _notes(service) if service else {}
    if customer:
        notes[CUSTOMER] = customer.name
    done = set(range(1, number)) | _done(service)
    stations = [
        {
            "state": "now" if place == number else "ok" if place in done else "todo",
            "title": title,
            "note": notes.get(place, ""),
            "url": _url(service, place) if place in done and place != number else "",
        }
        for place, title in enumerate(TITLES, start=1)
    ]
    beside = service.beside if service else None
    title = TITLES[number - 1] if number <= len(TITLES) else "What remains"
    place = min(number, len(TITLES))
    return {"stations": stations, "step_number": place, "step_title": title, "beside": beside}


def _done(service: Service | None) -> set[int]:
    if service is None:
        return set()
    done = {CUSTOMER, TENANT}
    if service.m365_domain:
        done.add(SETTINGS)
    if hasattr(service, "sip_connection"):
        done.add(SIP)
    return done


def _notes(service: Service) -> dict[int, str]:
    at = service.app_registration.authenticated_at
    notes = {
        CUSTOMER: service.customer.name,
        TENANT: f"{service.short_name} · {service.get_license_type_display()} · {users(service)}",
        AUTHENTICATION: f"true, {brief(at)}" if service.connected and at else "",
        SETTINGS: _domain(service),
    }
    if hasattr(service, "sip_connection"):
        notes[SIP] = service.sip_connection.host_name
    return notes


def _domain(service: Service) -> str:
    typed_by = service.m365_domain_typed_by
    return f"{service.m365_domain}, typed by {typed_by.name}" if typed_by else service.m365_domain


def _url(service: Service | None, place: int) -> str:
    if service is None or service.state != Service.State.PENDING:
        return ""
    names = {AUTHENTICATION: "registration", SETTINGS: "settings", SIP: "sip"}
    return reverse(f"services:onboarding_{names[place]}", args=[service.pk]) if place in names else ""


def users(service: Service) -> str:
    return "1 user" if service.licensed_users == 1 else f"{service.licensed_users} users"
