"""Service portal, M365 Configuration: is it connected, with what rights, until when, and does it still work."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from portal.core.access import demand
from portal.core.actors import Actor
from portal.core.roles import Action
from portal.core.tenancy import OperatorRequest
from services import reconnecting
from services.views.connection import Connection, Told
from services.views.service_portal import service_of


def m365_configuration(request: HttpRequest, service_id: UUID) -> HttpResponse:
    asked = cast(OperatorRequest, request)
    service = service_of(asked, service_id)
    context = {
        "service": service,
        "connection": Connection.of(service),
        "may_validate": asked.user.may(Action.VALIDATE, service.channel_id),
        "may_connect": asked.user.may(Action.CONNECT, service.channel_id),
        "may_resend": asked.user.may(Action.RESEND, service.channel_id),
        "link_out": reconnecting.link_out(service),
        "tab": "m365",
    }
    return render(request, "services/m365_configuration.html", context)


@require_POST
def validate(request: HttpRequest, service_id: UUID) -> HttpResponse:
    """Ask a worker to sign in now; a second click joins the validation that is under way."""
    asked = cast(OperatorRequest, request)
    service = service_of(asked, service_id)
    demand(asked, Action.VALIDATE, service)
    try:
        service.validate_again(Actor.of(request))
    except ValueError:
        messages.error(request, "Nothing is connected yet, so there is nothing to validate.")
    return redirect("services:m365_configuration", service_id)


def validation(request: HttpRequest, service_id: UUID, validation_id: UUID) -> HttpResponse:
    """How far it is, for the page that polls; once it has ended, that page loads itself anew."""
    service = service_of(cast(OperatorRequest, request), service_id)
    found = get_object_or_404(service.app_registration.validations, pk=validation_id)
    if "HX-Request" not in request.headers:
        return redirect("services:m365_configuration", service_id)
    if not found.running:
        return HttpResponseClientRefresh()
    return render(request, "services/_progress.html", {"service": service, "told": Told(found)})
