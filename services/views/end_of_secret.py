"""When the secret in use ends, where the tenant does not say: an operator chooses among several, or types the date."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from m365.forms import EndForm
from portal.core.access import demand
from portal.core.actors import Actor
from portal.core.roles import Action
from portal.core.tenancy import OperatorRequest
from services.views.service_portal import service_of


def end_of_secret(request: HttpRequest, service_id: UUID) -> HttpResponse:
    asked = cast(OperatorRequest, request)
    service = service_of(asked, service_id)
    demand(asked, Action.CONNECT, service)
    credential = service.app_registration.active_credential
    if credential is None or not credential.may_be_told:
        messages.info(request, "The end of the secret is known; nobody needs to tell it.")
        return redirect("services:m365_configuration", service_id)
    form = EndForm(request.POST if request.method == "POST" else None, credential=credential)
    if request.method == "POST" and form.is_valid():
        if form.stored(Actor.of(request)):
            messages.success(request, "Saved. It is replaced as soon as the tenant tells the date.")
        else:
            messages.warning(
                request, "The tenant told meanwhile, or another secret is in use. Nothing was changed."
            )
        return redirect("services:m365_configuration", service_id)
    return render(request, "services/end_of_secret.html", {"service": service, "form": form, "tab": "m365"})
