"""The wizard's first page: which customer, and beside it what customers have answered already."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import UUIDField
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.views.decorators.http import require_POST

from portal.core.access import demand, needs
from portal.core.pages import Keyset
from portal.core.roles import Action
from portal.core.tenancy import OperatorRequest
from services import pending
from services.models import Customer, OnboardingDraft, Service
from services.onboarding import steps
from services.views.search import asked_for

CUSTOMERS_A_PAGE = 10
# Beside the picker; the page Pending Invitations has them all.
MOST_PENDING = 10


@needs(Action.ADD_SERVICES)
def customer(request: OperatorRequest) -> HttpResponse:
    draft = OnboardingDraft.of(request.user)
    text = asked_for(request)
    found = Customer.objects.managed_by(request.user).matching(text).with_service_counts()
    context = {
        "draft": draft,
        "text": text,
        "page": Keyset(found.select_related("channel"), "name", "id", size=CUSTOMERS_A_PAGE).page(request),
        **_pending(request, draft),
        **steps.line(steps.CUSTOMER),
    }
    return render(request, "services/onboarding/customer.html", context)


def _pending(request: OperatorRequest, draft: OnboardingDraft | None) -> dict[str, Any]:
    """The newest pending services: of the selected customer, or of all."""
    mine = Service.objects.managed_by(request.user).pending().with_connection()
    only = draft.customer if draft and request.GET.get("pending") != "all" else None
    if only:
        mine = mine.filter(customer=only)
    newest = list(mine.order_by("-created_at")[: MOST_PENDING + 1])
    return {
        "rows": pending.rows(newest[:MOST_PENDING], request.user),
        "more": len(newest) > MOST_PENDING,
        "only": only,
    }


@require_POST
@needs(Action.ADD_SERVICES)
def select(request: OperatorRequest) -> HttpResponse:
    mine = Customer.objects.managed_by(request.user)
    chosen = get_object_or_404(mine, pk=_uuid(request.POST.get("customer", "")))
    demand(request, Action.ADD_SERVICES, chosen)
    OnboardingDraft.choose(request.user, chosen)
    # To Add New Tenant, past a long list of customers.
    return redirect(f"{resolve_url('services:onboarding')}#selected")


@require_POST
@needs(Action.ADD_SERVICES)
def discard(request: OperatorRequest) -> HttpResponse:
    OnboardingDraft.objects.filter(operator=request.user).delete()
    messages.success(request, "The draft is discarded.")
    return redirect("services:onboarding")


def _uuid(text: str) -> UUID:
    try:
        found: UUID = UUIDField().to_python(text)
    except ValidationError as error:
        raise Http404 from error
    return found
