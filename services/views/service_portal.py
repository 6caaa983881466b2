"""The Service portal: the pages of one service. Here its facts and what can be edited of them."""

from copy import copy
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from portal.core.access import demand
from portal.core.actors import Actor
from portal.core.roles import Action
from portal.core.tenancy import OperatorRequest
from services.forms import ServiceForm
from services.models import Service
from services.onboarding.pending_service import PendingServiceForm
from services.views.way_back import way_back


def service_of(request: OperatorRequest, service_id: UUID) -> Service:
    """The service, with all that its pages show of it. Raises Http404 for one that is not theirs or is deleted."""
    mine = Service.objects.managed_by(request.user).living().with_connection()
    shown = ("sip_connection__sbc", "activated_by", "m365_domain_typed_by")
    return get_object_or_404(mine.select_related(*shown), pk=service_id)


def edit_service(request: HttpRequest, service_id: UUID) -> HttpResponse:
    asked = cast(OperatorRequest, request)
    service = service_of(asked, service_id)
    kind = PendingServiceForm if service.state == Service.State.PENDING else ServiceForm
    form = kind(request.POST or None, instance=copy(service))  # the page shows what is stored
    back = way_back(request, request.path)
    if request.method == "POST":
        demand(asked, Action.ADD_SERVICES, service)
        if form.is_valid() and form.stored(Actor.of(request)):
            messages.success(request, "Saved." if form.changed_data else "Nothing was changed.")
            return redirect(back)
    may_edit = asked.user.may(Action.ADD_SERVICES, service.channel_id)
    came_from = back if back != request.path else ""
    context = {"service": service, "form": form, "may_edit": may_edit, "tab": "edit", "came_from": came_from}
    return render(request, "services/edit_service.html", context)
