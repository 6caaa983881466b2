"""A tenant that waits for an operator: what is known of it, and the decision.

Whoever may put a secret in use for a service (Action.CONNECT) may decide, for confirming does just that; everybody
who sees the service sees what waits.
"""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from m365 import causes, holding
from m365.models import Validation
from portal.core.access import asks_again, demand, needs
from portal.core.actors import Actor
from portal.core.roles import Action
from portal.core.tenancy import OperatorRequest
from services.models import Service
from services.views.service_portal import service_of
from services.views.way_back import way_back


@require_safe
def held_tenant(request: HttpRequest, id: UUID) -> HttpResponse:
    """Changes nothing; there is nothing to decide any more when somebody has decided."""
    asked = cast(OperatorRequest, request)
    service = service_of(asked, id)
    if service.held is None:
        messages.info(request, f"No tenant of {service.short_name} waits to be confirmed.")
        return redirect("services:pending_invitations")
    may_decide = asked.user.may(Action.CONNECT, service.channel_id)
    context = {"service": service, "validation": service.held, "may_decide": may_decide}
    return render(request, "services/held_tenant.html", context)


@require_POST
@needs(Action.CONNECT)
@asks_again
def confirm(request: OperatorRequest, id: UUID, validation_id: UUID) -> HttpResponse:
    service, validation = _asked_for(request, id, validation_id)
    if not holding.confirm(validation, Actor.of(request)):
        return _not_decided(request, service, validation)
    messages.success(request, f"The tenant of {service.short_name} is confirmed and connected.")
    return redirect(way_back(request, "services:pending_invitations"))


@require_POST
def reject(request: HttpRequest, id: UUID, validation_id: UUID) -> HttpResponse:
    service, validation = _asked_for(request, id, validation_id)
    if not holding.reject(validation, Actor.of(request)):
        return _not_decided(request, service, validation)
    after = "Send a new link once you have talked to the customer." if service.invitation else ""
    messages.success(
        request, f"The tenant of {service.short_name} is rejected; the secret was wiped. {after}".strip()
    )
    return redirect(way_back(request, "services:pending_invitations"))


def _asked_for(request: HttpRequest, id: UUID, validation_id: UUID) -> tuple[Service, Validation]:
    """Raises Http404 for strangers, PermissionDenied for onlookers. A service deleted meanwhile is told so."""
    asked = cast(OperatorRequest, request)
    mine = Service.objects.managed_by(asked.user).with_connection()
    service = get_object_or_404(mine, pk=id)
    demand(asked, Action.CONNECT, service)
    return service, get_object_or_404(service.app_registration.validations, pk=validation_id)


def _not_decided(request: HttpRequest, service: Service, validation: Validation) -> HttpResponse:
    """Say what happened instead."""
    validation.refresh_from_db()
    if validation.awaits_decision:
        messages.warning(
            request, "There is a new reason to look at this tenant, so nothing was changed. Look once more."
        )
        return redirect("services:held_tenant", service.pk)
    messages.warning(request, f"{_what_happened(service, validation)} Nothing was changed now.")
    return redirect(way_back(request, "services:pending_invitations"))


def _what_happened(service: Service, validation: Validation) -> str:
    decision = holding.decision(validation)
    who = decision.operator.name if decision and decision.operator else "Somebody"
    if validation.signed_in:
        return f"{who} confirmed the tenant of {service.short_name} meanwhile."
    if validation.cause is causes.TENANT_REJECTED:
        return f"{who} rejected the tenant of {service.short_name} meanwhile."
    return f"The tenant of {service.short_name} is not waiting any more; its secret was wiped."
