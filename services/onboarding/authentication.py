"""Authentication: waiting for the invitee, or a live validation with its outcome."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from m365 import causes, stations
from m365.models import Validation
from portal.core.access import demand
from portal.core.actors import Actor
from portal.core.roles import Action
from portal.core.tenancy import OperatorRequest
from services import pending
from services.models import Purpose, Service
from services.onboarding import known, steps
from services.onboarding.forms import ValuesForm
from services.onboarding.steps import step


@step("onboarding_sent")
def sent(request: OperatorRequest, service: Service) -> HttpResponse:
    """How far the mail and the customer are; the part that changes is asked for again by itself."""
    row = pending.rows([service], request.user)[0]
    name = "_sent" if request.headers.get("HX-Request") else "sent"
    context = {"row": row, "service": service, **steps.line(steps.AUTHENTICATION, service=service)}
    return render(request, f"services/onboarding/{name}.html", context)


@step("onboarding_registration")
def registration(request: OperatorRequest, service: Service) -> HttpResponse:
    """What `Add` opens: the connected registration, or the form for values that were not accepted."""
    if (under_way := service.held) or (not service.connected and (under_way := _running(service))):
        return redirect("services:onboarding_check", service.pk, under_way.pk)
    form = None if service.connected else ValuesForm(initial=_last_tried(service))
    return _registration(request, service, form)


def _registration(request: OperatorRequest, service: Service, form: ValuesForm | None) -> HttpResponse:
    context = {
        "service": service,
        "form": form,
        "connected_by": _connected_by(service),
        **steps.line(steps.AUTHENTICATION, service=service),
    }
    return render(request, "services/onboarding/registration.html", context)


def _connected_by(service: Service) -> str:
    """Who brought the credential in use: the actor of its first validation."""
    registration = service.app_registration
    first = registration.validations.filter(credential=registration.active_credential).order_by("created_at")
    labels = first.values_list("actor_label", flat=True)
    return labels.first() or (service.invitation.authenticated_by if service.invitation else "")


@step("onboarding_registration")
def values(request: OperatorRequest, service: Service) -> HttpResponse:
    """Other values for this same service; those in use stay until the new ones are validated."""
    if request.method != "POST":  # back from the sign-in, or the address bar
        return redirect("services:onboarding_registration", service.pk)
    demand(request, Action.CONNECT, service)
    form = ValuesForm(request.POST)
    if not form.is_valid():
        service.keep("values", request.POST.dict())
        return _registration(request, service, form)
    submitted = known.submit_once(service, form.values, Actor.of(request), form.cleaned_data["newest"])
    service.forget("values")
    if submitted is None:
        return steps.to_next(steps.service_of(request, service.pk))
    validation, is_new = submitted
    if not is_new:
        messages.info(request, "Values for this service were sent already; these were not sent once more.")
    return redirect("services:onboarding_check", service.pk, validation.pk)


@require_POST
@step("onboarding_registration")
def validate(request: OperatorRequest, service: Service) -> HttpResponse:
    """Validate the credential in use again; pressed twice, it shows the one that is running."""
    if not service.connected:
        return steps.to_next(service)
    again = service.validate_again(Actor.of(request), Purpose.ONBOARDING)
    return redirect("services:onboarding_check", service.pk, again.pk)


def check(request: HttpRequest, id: UUID, validation_id: UUID) -> HttpResponse:
    """One validation as it proceeds, and what follows from its end."""
    asked = cast(OperatorRequest, request)
    # In this order: a validation that ends meanwhile must not meet a service that does not know of it.
    validation = Validation.objects.filter(pk=validation_id).first()
    service = steps.service_of(asked, id)
    if validation is None or validation.registration_id != service.app_registration_id:
        raise Http404
    # The note of a rejected secret asks how it goes on.
    if "watching" in request.GET and not validation.signed_in:
        return HttpResponse(status=204 if validation.watching else 200)
    steps.note_editor(asked, service)
    if "watching" in request.GET:
        return HttpResponseClientRefresh()
    name = "_check" if request.headers.get("HX-Request") else "check"
    context = _outcome(service, validation) | steps.line(steps.AUTHENTICATION, service=service)
    context["may_decide"] = asked.user.may(Action.CONNECT, service.channel_id)
    return render(request, f"services/onboarding/{name}.html", context)


def _outcome(service: Service, validation: Validation) -> dict[str, Any]:
    failed = validation.verdict in (Validation.Verdict.INVALID, Validation.Verdict.UNDECIDED)
    return {
        "service": service,
        "validation": validation,
        "steps": stations.stations(validation),
        "no_worker": stations.no_worker_answers(validation),
        "tries_again": stations.tries_again(validation),
        "failed": failed,
        "too_new": causes.NOT_YET_KNOWN,
        "form": ValuesForm(initial=_tried(service, validation)) if failed else None,
        "next_step": f"services:{service.next_step()}",
    }


def _running(service: Service) -> Validation | None:
    running = service.app_registration.validations.filter(verdict=Validation.Verdict.RUNNING)
    return running.order_by("-created_at").first()


def _last_tried(service: Service) -> dict[str, Any]:
    return {**_tried(service, service.app_registration.last_validation), **service.kept.get("values", {})}


def _tried(service: Service, validation: Validation | None) -> dict[str, Any]:
    """What the form for values begins with: the IDs that were tried, and which validation is the newest."""
    newest = known.newest_of(service.app_registration)
    values: dict[str, Any] = {"newest": str(newest.pk) if newest else ""}
    if validation:
        values |= {"tenant_id": validation.tenant_entered, "client_id": validation.client_id}
    return values
