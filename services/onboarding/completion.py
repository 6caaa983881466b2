"""From the validated connection to the created service: settings, SIP connection, summary, what remains."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from m365.permissions import ORGANIZATION_READ
from portal.core.actors import Actor
from portal.core.moments import brief
from portal.core.tenancy import OperatorRequest
from services import names
from services.models import Service, SipConnection
from services.onboarding import steps
from services.onboarding import what_remains as remaining
from services.onboarding.connection_forms import HOST_IN_USE, SettingsForm, SipForm
from services.onboarding.steps import step


@step("onboarding_settings")
def settings(request: OperatorRequest, service: Service) -> HttpResponse:
    registration = service.app_registration
    kept, chosen = service.kept.get("settings"), service.m365_domain
    form = SettingsForm(request.POST or None, registration=registration, chosen=chosen, initial=kept)
    if request.method == "POST":
        if form.is_valid():
            domain, actor = form.cleaned_data["m365_domain"], Actor.of(request)
            service.choose_domain(domain, actor, typed=form.is_typed)
            service.forget("settings")
            return steps.to_next(service)
        service.keep("settings", request.POST.dict())
    context = {
        "service": service,
        "form": form,
        "permission": "" if ORGANIZATION_READ in registration.roles else ORGANIZATION_READ,
        **steps.line(steps.SETTINGS, service=service),
    }
    return render(request, "services/onboarding/settings.html", context)


@step("onboarding_sip")
def sip(request: OperatorRequest, service: Service) -> HttpResponse:
    line = steps.line(steps.SIP, service=service)  # before there is a connection that is only proposed
    connection = getattr(service, "sip_connection", None) or SipConnection.proposed(service)
    form = SipForm(request.POST or None, instance=connection, initial=service.kept.get("sip"))
    if request.method == "POST":
        if form.is_valid() and _store(form, Actor.of(request)):
            service.forget("sip")
            return redirect("services:onboarding_summary", service.pk)
        service.keep("sip", request.POST.dict())
    context = {
        "service": service,
        "form": form,
        "made": names.host_label(service.short_name),
        "differs": names.differs(service.short_name, names.host_label(service.short_name)),
        **line,
    }
    return render(request, "services/onboarding/sip.html", context)


def _store(form: SipForm, actor: Actor) -> bool:
    """Store the connection; False, with the reason at the field, when the host name was just taken."""
    try:
        with transaction.atomic():
            form.instance.store(actor)
    except IntegrityError as error:
        if "host_name_is_unique" not in str(error):
            raise
        form.add_error("host_label", HOST_IN_USE)
        return False
    return True


@step("onboarding_summary")
def summary(request: OperatorRequest, service: Service) -> HttpResponse:
    context = {
        "service": service,
        "remaining": remaining.of(service),
        **steps.line(steps.SUMMARY, service=service),
    }
    return render(request, "services/onboarding/summary.html", context)


@require_POST
def create(request: HttpRequest, id: UUID) -> HttpResponse:
    """Exactly one wins; the other is told who did it, and both end on the same page."""
    asked = cast(OperatorRequest, request)
    service = steps.service_of(asked, id)
    if service.next_step() == "onboarding_summary" and service.activate(Actor.of(request)):
        return steps.to_next(service)
    if service.state == Service.State.PENDING:
        messages.warning(request, "This step comes first; nothing was created.")
    elif service.state == Service.State.DELETED:
        messages.warning(request, f"{service.short_name} was deleted meanwhile; nothing was created.")
        return redirect("services:pending_invitations")
    elif service.activated_by and service.activated_at and service.activated_by != asked.user:
        when = brief(service.activated_at)
        messages.info(request, f"{service.activated_by.name} created this service on {when}.")
    return steps.to_next(service)


@step("onboarding_what_remains")
def what_remains(request: OperatorRequest, service: Service) -> HttpResponse:
    context = {
        "service": service,
        "remaining": remaining.of(service),
        **steps.line(steps.SUMMARY + 1, service=service),
    }
    return render(request, "services/onboarding/what_remains.html", context)
