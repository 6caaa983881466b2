"""Pending Invitations: every pending service with its newest invitation, and what can be done about it."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from invitations.models import Invitation
from portal.core.access import asks_again, demand, needs
from portal.core.actors import Actor
from portal.core.addresses import AddressFormField
from portal.core.moments import offset
from portal.core.pages import Keyset
from portal.core.roles import Action
from portal.core.tenancy import OperatorRequest
from services import pending
from services.models import Customer, Service


class ResendForm(forms.Form):
    """The address, which may be corrected; `version` is that of the link which the page had seen, 0 for none."""

    use_required_attribute = False

    email = AddressFormField(
        label="Email",
        help_text="Correct it where it was wrong. The former link stops working.",
        error_messages={"required": "Enter the address that gets the link."},
        widget=forms.EmailInput(attrs={"class": "tl-w-m", "autocomplete": "off"}),
    )
    version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)


@needs(Action.SEE)
def pending_invitations(request: OperatorRequest) -> HttpResponse:
    mine = Service.objects.managed_by(request.user).pending().with_connection()
    customer = _customer(request)
    page = Keyset(mine.filter(customer=customer) if customer else mine, "-created_at", "id").page(request)
    now = timezone.localtime()
    context = {
        "page": page,
        "rows": pending.rows(page.rows, request.user),
        "customer": customer,
        "now": now,
        "offset": offset(now),
    }
    name = "_pending_table" if request.headers.get("HX-Request") else "pending_invitations"
    return render(request, f"services/{name}.html", context)


def _customer(request: OperatorRequest) -> Customer | None:
    """The one that `?customer=` asks for; a stranger's, or nonsense, is a 404."""
    if not (text := request.GET.get("customer")):
        return None
    try:
        wanted = forms.UUIDField().clean(text)
    except ValidationError:
        wanted = None
    return get_object_or_404(Customer.objects.managed_by(request.user), pk=wanted)


def _service(request: OperatorRequest, id: UUID, action: Action) -> Service:
    """Raises Http404 for strangers. What was deleted is found by a form only: it is told so, even when sent twice."""
    mine = Service.objects.managed_by(request.user).with_connection()
    service = get_object_or_404(mine if request.method == "POST" else mine.living(), pk=id)
    demand(request, action, service)
    return service


@require_POST
@needs(Action.INVITE)
def copy_link(request: OperatorRequest, id: UUID) -> HttpResponse:
    """Hand out the link; who took it is in the journal before it is shown."""
    service = _service(request, id, Action.INVITE)
    invitation = service.invitation
    if invitation is None or invitation.state != Invitation.State.OPEN:
        messages.warning(request, f"There is no living link for {service.short_name}.")
        return redirect("services:pending_invitations")
    link = invitation.hand_out_link(Actor.of(request))
    context = {"service": service, "invitation": invitation, "link": link}
    return render(request, "services/pending_invitations_link.html", context)


@needs(Action.RESEND)
def resend(request: OperatorRequest, id: UUID) -> HttpResponse:
    service = _service(request, id, Action.RESEND)
    if service.invitation is None:
        demand(request, Action.INVITE, service)
    form = ResendForm(request.POST or None, initial=_former(service))
    if service.connected or service.held or service.state != Service.State.PENDING:
        return _too_late(request, service)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        if not service.invite_again(email, Actor.of(request), form.cleaned_data["version"]):
            return _too_late(request, service)
        messages.success(request, f"A new link is on its way to {email}; former links are dead.")
        return redirect("services:pending_invitations")
    return render(request, "services/pending_invitations_resend.html", {"service": service, "form": form})


def _former(service: Service) -> dict[str, Any]:
    if invitation := service.invitation:
        return {"email": invitation.email, "version": invitation.version}
    return {"email": service.m365_contact, "version": 0}


@needs(Action.INVITE)
def revoke(request: OperatorRequest, id: UUID) -> HttpResponse:
    service = _service(request, id, Action.INVITE)
    invitation = service.invitation
    if invitation is None or invitation.authenticated_at or service.held:
        return _too_late(request, service)
    if request.method != "POST":
        return render(request, "services/pending_invitations_revoke.html", {"service": service})
    if not invitation.revoke(Actor.of(request)):
        return _too_late(request, service)
    messages.success(request, f"The link for {service.short_name} is revoked; it is dead from now on.")
    return redirect("services:pending_invitations")


@needs(Action.DELETE)
@asks_again
def delete(request: OperatorRequest, id: UUID) -> HttpResponse:
    service = _service(request, id, Action.DELETE)
    if service.state != Service.State.PENDING:
        return _too_late(request, service)
    if request.method != "POST":
        return render(request, "services/pending_invitations_delete.html", {"service": service})
    if not service.delete_pending(Actor.of(request)):
        return _too_late(request, service)
    messages.success(request, f"{service.short_name} is deleted; its short name is free again.")
    return redirect("services:pending_invitations")


def _too_late(request: OperatorRequest, service: Service) -> HttpResponse:
    """Say what happened instead; nothing was changed."""
    service = Service.objects.with_connection().get(pk=service.pk)
    if service.state == Service.State.DELETED:
        text = f"{service.short_name} was deleted meanwhile."
    elif service.state != Service.State.PENDING:
        text = f"{service.short_name} was created meanwhile; it is no longer pending."
    elif service.held:
        text = f"The customer has answered: first confirm or reject the tenant of {service.short_name}."
    elif service.invitation and service.invitation.revoked_at:
        text = f"The link for {service.short_name} is revoked already."
    elif service.connected or service.invitation is None or service.invitation.authenticated_at:
        text = f"{service.short_name} is authenticated already; there is no link to change."
    else:
        text = f"A new link for {service.short_name} was sent to {service.invitation.email} already."
    messages.warning(request, f"{text} Nothing was changed.")
    return redirect("services:pending_invitations")
