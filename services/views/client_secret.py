"""Set new client secret: validated live while the old one stays in use, then swapped."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django_htmx.http import HttpResponseClientRefresh

from m365 import causes, stations
from m365.forms import SecretField
from m365.models import Validation
from portal.core.access import demand
from portal.core.actors import Actor
from portal.core.moments import brief
from portal.core.roles import Action
from portal.core.tenancy import OperatorRequest
from services import new_secret
from services.models import Service
from services.secret_changes import latest_change
from services.views.service_portal import service_of


class NewSecretForm(forms.Form):
    """The secret alone; `replaces` is the credential that the page was shown for."""

    use_required_attribute = False

    client_secret = SecretField(
        label="New Client Secret",
        help_text="Its Value, not the Secret ID. It is sealed when it is stored and never shown again.",
    )
    replaces = forms.UUIDField(widget=forms.HiddenInput)

    @classmethod
    def for_service(cls, service: Service) -> "NewSecretForm":
        return cls(initial={"replaces": service.app_registration.active_credential_id})


@sensitive_post_parameters("client_secret")
def client_secret(request: HttpRequest, service_id: UUID) -> HttpResponse:
    asked = cast(OperatorRequest, request)
    service = service_of(asked, service_id)
    demand(asked, Action.CONNECT, service)
    if not service.connected:
        messages.error(request, "Nothing is connected yet, so there is no client secret to replace.")
        return redirect("services:m365_configuration", service_id)
    if request.method != "POST":
        if running := new_secret.under_way(service.app_registration):
            return redirect("services:client_secret_check", service_id, running.pk)
        return _form(request, service, NewSecretForm.for_service(service))
    form = NewSecretForm(request.POST)
    return _submit(request, service, form) if form.is_valid() else _form(request, service, form)


def _form(request: HttpRequest, service: Service, form: NewSecretForm) -> HttpResponse:
    return render(request, "services/client_secret.html", {"service": service, "form": form, "tab": "m365"})


def _submit(request: HttpRequest, service: Service, form: NewSecretForm) -> HttpResponse:
    secret, replaces = form.cleaned_data["client_secret"], form.cleaned_data["replaces"]
    submitted = new_secret.submit_once(service, secret, Actor.of(request), replaces)
    if submitted is None:
        messages.warning(
            request, f"{_changed_meanwhile(service)} The one you sent was not used, and not kept."
        )
        return redirect("services:m365_configuration", service.pk)
    validation, is_new = submitted
    if not is_new:
        messages.info(
            request,
            f"A new secret is being validated already, sent by {validation.actor_label}. "
            "The one you sent was not used, and not kept.",
        )
    return redirect("services:client_secret_check", service.pk, validation.pk)


def _changed_meanwhile(service: Service) -> str:
    change = latest_change(service.app_registration)
    if change is None:
        return "Another client secret was put in use meanwhile."
    return f"{change.by} set a new client secret on {brief(change.at)}."


def client_secret_check(request: HttpRequest, service_id: UUID, validation_id: UUID) -> HttpResponse:
    """One new secret as it is validated, and what came of it."""
    asked = cast(OperatorRequest, request)
    service = service_of(asked, service_id)
    demand(asked, Action.CONNECT, service)
    validation = get_object_or_404(
        service.app_registration.validations.select_related("credential"), pk=validation_id
    )
    if "watching" in request.GET:  # the note of a rejected secret asks how it goes on
        return _how_it_goes_on(validation)
    name = "_client_secret_check" if request.headers.get("HX-Request") else "client_secret_check"
    return render(request, f"services/{name}.html", _outcome(service, validation))


def _how_it_goes_on(validation: Validation) -> HttpResponse:
    """The page turns when the secret works; otherwise the note stays, then goes, and what is being typed stays."""
    if validation.signed_in:
        return HttpResponseClientRefresh()
    return HttpResponse(status=204 if validation.watching else 200)


def _outcome(service: Service, validation: Validation) -> dict[str, Any]:
    failed = validation.verdict in (Validation.Verdict.INVALID, Validation.Verdict.UNDECIDED)
    return {
        "service": service,
        "validation": validation,
        "credential": validation.credential,
        "steps": stations.stations(validation),
        "no_worker": stations.no_worker_answers(validation),
        "tries_again": stations.tries_again(validation),
        "failed": failed,
        "too_new": causes.NOT_YET_KNOWN,
        "changed_meanwhile": _changed_meanwhile(service)
        if validation.cause_name == causes.TOO_LATE.name
        else "",
        "form": NewSecretForm.for_service(service) if failed else None,
        "tab": "m365",
    }
