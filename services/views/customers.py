"""Customers: the list, adding one, and the pages of one: company, contact, services."""

from copy import copy
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from portal.core.access import ask_again, confirmed_lately, demand, needs
from portal.core.actors import Actor
from portal.core.pages import Keyset
from portal.core.roles import Action
from portal.core.tenancy import OperatorRequest
from services.customer_forms import CompanyForm, ContactForm, CustomerForm
from services.customer_standing import standings
from services.models import Customer, Service
from services.views.search import asked_for
from services.views.services import listed
from services.views.way_back import way_back

# Whose it is stays untold: it may be another channel's.
SHARED_TENANT = (
    "The tenant ID is in use for another customer, too. Please look once more whether it is right."
)


def customers(request: HttpRequest) -> HttpResponse:
    """Customers by name, with their channel, tenant, state and number of services."""
    user, text = cast(OperatorRequest, request).user, asked_for(request)
    mine = Customer.objects.managed_by(user).matching(text).select_related("channel").with_service_counts()
    page = Keyset(mine, "name", "id").page(request)
    how = standings(page.rows)
    rows = [
        {
            "customer": customer,
            "standing": how.get(customer.pk),
            "may_edit": user.may(Action.EDIT_CUSTOMERS, customer.channel_id),
        }
        for customer in page.rows
    ]
    return render(request, "services/customers.html", {"page": page, "rows": rows, "q": text})


@needs(Action.EDIT_CUSTOMERS)
def add_customer(request: OperatorRequest) -> HttpResponse:
    """Add one, then go back to where it is needed (`next`)."""
    form = CustomerForm(request.POST or None, request.FILES or None, operator=request.user)
    back = way_back(request, "services:customers")
    if request.method == "POST" and form.is_valid() and form.stored(Actor.of(request)):
        messages.success(request, f"{form.instance.name} is a customer now.")
        _warn_of_shared_tenant(request, form.instance)
        return redirect(back)
    return render(request, "services/add_customer.html", {"form": form, "way_back": back})


@needs(Action.SEE)
def company(request: OperatorRequest, customer_id: UUID) -> HttpResponse:
    customer = _customer(request, customer_id)
    form = CompanyForm(
        request.POST or None, request.FILES or None, instance=copy(customer), operator=request.user
    )
    if request.method == "POST":
        demand(request, Action.EDIT_CUSTOMERS, customer)
        if form.is_valid() and _confirmed(request, form) and form.stored(Actor.of(request)):
            messages.success(request, f"{form.instance.name} is saved.")
            return redirect("services:edit_customer", customer_id)
    return _page(
        request, customer, "company", form=form, shared=SHARED_TENANT if customer.shares_tenant else ""
    )


@needs(Action.SEE)
def contact(request: OperatorRequest, customer_id: UUID) -> HttpResponse:
    customer = _customer(request, customer_id)
    form = ContactForm(request.POST or None, instance=copy(customer))
    if request.method == "POST":
        demand(request, Action.EDIT_CUSTOMERS, customer)
        if form.is_valid():
            form.store(Actor.of(request))
            messages.success(request, f"The contact of {customer.name} is saved.")
            return redirect("services:customer_contact", customer_id)
    return _page(request, customer, "contact", form=form)


@needs(Action.SEE)
def services_of(request: OperatorRequest, customer_id: UUID) -> HttpResponse:
    customer = _customer(request, customer_id)
    return _page(request, customer, "services", **listed(request, Service.objects.filter(customer=customer)))


def _confirmed(request: OperatorRequest, form: CompanyForm) -> bool:
    """Another tenant decides whose answers are taken unasked. Raises ReauthenticationRequired before such a change."""
    if form.moves_tenant:
        if request.FILES and not confirmed_lately(request):
            messages.warning(
                request, "The logo that you chose is not kept meanwhile: please choose it again."
            )
        ask_again(request)
    return True


def _customer(request: OperatorRequest, customer_id: UUID) -> Customer:
    """Raises Http404 for one that is not theirs."""
    mine = Customer.objects.managed_by(request.user).select_related("channel")
    return get_object_or_404(mine, pk=customer_id)


def _page(request: OperatorRequest, customer: Customer, tab: str, **context: Any) -> HttpResponse:
    """A tab of the customer; the heading shows what is stored, the form what was typed."""
    context |= {
        "customer": customer,
        "tab": tab,
        "may_edit": request.user.may(Action.EDIT_CUSTOMERS, customer.channel_id),
        "may_add_service": request.user.may(Action.ADD_SERVICES, customer.channel_id),
    }
    return render(request, f"services/customer_{tab}.html", context)


def _warn_of_shared_tenant(request: OperatorRequest, customer: Customer) -> None:
    """Once, on the page that comes after adding it; its own page says so each time."""
    if customer.shares_tenant:
        messages.warning(request, f"{customer.name}: {SHARED_TENANT}")
