"""Add New Tenant: the service comes into being, with an invitation or with the values of a known registration."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from portal.core.access import demand, needs
from portal.core.actors import Actor
from portal.core.roles import Action
from portal.core.tenancy import OperatorRequest
from services import names
from services.models import Customer, OnboardingDraft, Service
from services.onboarding import known, steps
from services.onboarding.forms import IN_USE, TenantForm
from services.onboarding.short_name import look_at


@needs(Action.ADD_SERVICES)
def tenant(request: OperatorRequest) -> HttpResponse:
    if request.method == "POST":
        return _add(request)
    draft = OnboardingDraft.of(request.user)
    if draft is None:
        messages.info(request, "Select a customer first.")
        return redirect("services:onboarding")
    form = TenantForm(initial={**draft.recorded, **draft.values, "draft": draft.pk}, customer=draft.customer)
    return _page(request, form, draft)


def _page(request: OperatorRequest, form: TenantForm, draft: OnboardingDraft) -> HttpResponse:
    refused = form.is_bound and "short_name" in form.errors
    typed = str(form["short_name"].value() or "") if refused else ""
    context = {
        "form": form,
        "draft": draft,
        "verdict": look_at(typed, request.user),
        "told": refused,
        **steps.line(steps.TENANT, draft.customer),
    }
    return render(request, "services/onboarding/tenant.html", context)


@transaction.atomic
def _add(request: OperatorRequest) -> HttpResponse:
    """One draft makes one service: the draft is locked, and gone once the service is there."""
    draft = _locked(request)
    if draft is None:
        return _draft_gone(request)
    demand(request, Action.ADD_SERVICES, draft.customer)
    form = TenantForm(request.POST, customer=draft.customer)
    if form.is_valid():
        answer = _begin(request, form, draft)
        if answer:
            return answer
    draft.keep(request.POST.dict())
    return _page(request, form, draft)


def _locked(request: OperatorRequest) -> OnboardingDraft | None:
    mine = OnboardingDraft.objects.filter(
        operator=request.user, customer__in=Customer.objects.managed_by(request.user)
    )
    wanted = mine.filter(pk=_posted_id(request)).select_for_update(of=("self",))
    return wanted.select_related("customer__channel").first()


def _posted_id(request: OperatorRequest) -> UUID:
    """The draft that the form was opened for; nobody's id when there is none."""
    try:
        return UUID(request.POST.get("draft", ""))
    except ValueError:
        return UUID(int=0)


def _draft_gone(request: OperatorRequest) -> HttpResponse:
    """Sent twice: the service of the first time. Another customer selected meanwhile: that one's form."""
    made = Service.objects.managed_by(request.user).living().with_connection().filter(pk=_posted_id(request))
    if service := made.first():
        again = names.key(request.POST.get("short_name", "")) == service.short_key
        return _after(service) if again else _another(request, service)
    if draft := OnboardingDraft.of(request.user):
        draft.keep(request.POST.dict())
        messages.warning(request, f"The selected customer is {draft.customer.name} by now. Nothing was sent.")
        return redirect("services:onboarding_tenant")
    messages.warning(request, "This draft was discarded in another window. Nothing was sent.")
    return redirect("services:onboarding")


def _another(request: OperatorRequest, service: Service) -> HttpResponse:
    """The browser's Back, then a second service in the form of the first: what was typed becomes a new draft."""
    draft = OnboardingDraft.of(request.user) or OnboardingDraft.choose(request.user, service.customer)
    draft.keep(request.POST.dict())
    messages.warning(
        request,
        f"That form had made {service.short_name} already, so nothing was sent. This is a new form for "
        f"{draft.customer.name} with what you typed: look through it and press Next again.",
    )
    return redirect("services:onboarding_tenant")


def _begin(request: OperatorRequest, form: TenantForm, draft: OnboardingDraft) -> HttpResponse | None:
    """Service, invitation or validation, and the end of the draft; None when the short name was just taken."""
    actor = Actor.of(request)
    try:
        with transaction.atomic():
            service = Service.begin(form.service(draft), actor)
    except ValidationError as error:  # the license type was switched off meanwhile
        form.add_error(None, error)
        return None
    except IntegrityError as error:
        if "short_name_is_unique" not in str(error):
            raise
        form.add_error("short_name", IN_USE)
        return None
    if form.cleaned_data["send_link"]:
        demand(request, Action.INVITE, service)
        service.invite(form.cleaned_data["email"], actor)
    else:
        demand(request, Action.CONNECT, service)
        known.submit(service.app_registration, form.values, actor)
    draft.delete()
    return _after(service)


def _after(service: Service) -> HttpResponse:
    newest = service.app_registration.validations.order_by("-created_at").first()
    if newest and not service.connected and not service.invitation:
        return redirect("services:onboarding_check", service.pk, newest.pk)
    return steps.to_next(service)


@require_POST
@needs(Action.ADD_SERVICES)
def leave(request: OperatorRequest, to: str) -> HttpResponse:
    """Go elsewhere; what was typed stays as a draft, but for the secret."""
    draft = OnboardingDraft.of(request.user)
    if draft and draft.pk == _posted_id(request):
        draft.keep(request.POST.dict())
    return redirect(to)
