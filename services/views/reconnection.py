"""Re-initiate Authentication Flow: a link for a connected service, and what can be done about one that is out."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from portal.core.access import asks_again, demand, needs
from portal.core.actors import Actor
from portal.core.addresses import AddressFormField
from portal.core.roles import Action
from portal.core.tenancy import OperatorRequest
from services import reconnecting
from services.models import Service
from services.views.pending_invitations import ResendForm
from services.views.service_portal import service_of


class AddressForm(forms.Form):
    use_required_attribute = False

    email = AddressFormField(
        label="Email",
        help_text="Of the customer’s Microsoft 365 administrator.",
        error_messages={"required": "Enter the address that gets the link."},
        widget=forms.EmailInput(attrs={"class": "tl-w-m", "autocomplete": "off"}),
    )


@needs(Action.CONNECT)
@asks_again
def reinitiate(request: OperatorRequest, service_id: UUID) -> HttpResponse:
    service = _service(request, service_id, Action.CONNECT)
    form = AddressForm(request.POST or None, initial={"email": service.m365_contact})
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        if reconnecting.reinitiate(service, email, Actor.of(request)):
            messages.success(
                request,
                f"A link is on its way to {email}. This connection works until the new one is confirmed.",
            )
            return redirect("services:m365_configuration", service_id)
        return _too_late(request, service)
    context = {"service": service, "form": form, "link_out": reconnecting.link_out(service), "tab": "m365"}
    return render(request, "services/reinitiate.html", context)


@needs(Action.RESEND)
@asks_again
def resend(request: OperatorRequest, service_id: UUID) -> HttpResponse:
    service = _service(request, service_id, Action.RESEND)
    invitation = reconnecting.link_out(service)
    if invitation is None:
        return _too_late(request, service)
    former = {"email": invitation.email, "version": invitation.version}
    form = ResendForm(request.POST or None, initial=former)
    if request.method == "POST" and form.is_valid():
        email, version = form.cleaned_data["email"], form.cleaned_data["version"] or 0
        if not reconnecting.resend(service, email, Actor.of(request), version):
            return _too_late(request, service)
        messages.success(request, f"A new link is on its way to {email}; former links are dead.")
        return redirect("services:m365_configuration", service_id)
    context = {"service": service, "invitation": invitation, "form": form, "tab": "m365"}
    return render(request, "services/resend_link.html", context)


@needs(Action.INVITE)
def revoke(request: OperatorRequest, service_id: UUID) -> HttpResponse:
    service = _service(request, service_id, Action.INVITE)
    invitation = reconnecting.link_out(service)
    if invitation is None:
        return _too_late(request, service)
    if request.method != "POST":
        context = {"service": service, "invitation": invitation, "tab": "m365"}
        return render(request, "services/revoke_link.html", context)
    if not invitation.revoke(Actor.of(request)):
        return _too_late(request, service)
    messages.success(request, "The link is revoked; it is dead from now on. The connection in use stays.")
    return redirect("services:m365_configuration", service_id)


def _service(request: OperatorRequest, service_id: UUID, action: Action) -> Service:
    """Raises Http404 for strangers, PermissionDenied for onlookers."""
    service = service_of(request, service_id)
    demand(request, action, service)
    return service


def _too_late(request: OperatorRequest, service: Service) -> HttpResponse:
    """Say what is the case instead; nothing was changed."""
    service = Service.objects.with_connection().get(pk=service.pk)
    invitation = service.invitation
    if not service.connected or service.state == Service.State.PENDING:
        text = f"{service.short_name} is not connected and created yet; Pending Invitations has its link."
    elif service.held:
        text = "An answer waits for a decision: please confirm or reject its tenant first."
    elif out := reconnecting.link_out(service):
        text = f"A link was sent to {out.email} already."
    elif invitation and invitation.authenticated_at:
        text = "The customer has answered meanwhile."
    else:
        text = "There is no link out."
    messages.warning(request, f"{text} Nothing was changed.")
    return redirect("services:m365_configuration", service.pk)
