"""Customers: list, add, edit."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from portal.core.access import demand, needs
from portal.core.actors import Actor
from portal.core.pages import Keyset
from portal.core.roles import Action
from portal.core.tenancy import OperatorRequest
from services.forms import CustomerForm
from services.models import Customer
from services.views.search import asked_for
from services.views.way_back import way_back


def customers(request: HttpRequest) -> HttpResponse:
    """Customers by name, with their channel, tenant and number of services."""
    user, text = cast(OperatorRequest, request).user, asked_for(request)
    mine = Customer.objects.managed_by(user).matching(text).select_related("channel").with_service_counts()
    page = Keyset(mine, "name", "id").page(request)
    rows = [
        {"customer": customer, "may_edit": user.may(Action.EDIT_CUSTOMERS, customer.channel_id)}
        for customer in page.rows
    ]
    return render(request, "services/customers.html", {"page": page, "rows": rows, "q": text})


@needs(Action.EDIT_CUSTOMERS)
def add_customer(request: OperatorRequest) -> HttpResponse:
    """Add one, then go back to where it is needed (`next`)."""
    form = CustomerForm(request.POST or None, operator=request.user)
    if request.method == "POST" and form.is_valid() and form.stored(Actor.of(request)):
        messages.success(request, f"{form.instance.name} is a customer now.")
        _warn_of_shared_tenant(request, form.instance)
        return redirect(_way_back(request))
    return render(request, "services/customer.html", {"form": form, "way_back": _way_back(request)})


@needs(Action.EDIT_CUSTOMERS)
def edit_customer(request: OperatorRequest, customer_id: UUID) -> HttpResponse:
    customer = get_object_or_404(Customer.objects.managed_by(request.user), pk=customer_id)
    demand(request, Action.EDIT_CUSTOMERS, customer)
    form = CustomerForm(request.POST or None, instance=customer, operator=request.user)
    if request.method == "POST" and form.is_valid() and form.stored(Actor.of(request)):
        messages.success(request, f"{customer.name} is saved.")
        _warn_of_shared_tenant(request, customer)
        return redirect(_way_back(request))
    return render(request, "services/customer.html", {"form": form, "way_back": _way_back(request)})


def _way_back(request: HttpRequest) -> str:
    return way_back(request, "services:customers")


def _warn_of_shared_tenant(request: OperatorRequest, customer: Customer) -> None:
    if customer.tenant_id is None:
        return
    others = Customer.objects.managed_by(request.user).filter(tenant_id=customer.tenant_id)
    if other := others.exclude(pk=customer.pk).first():
        messages.warning(request, f"The same tenant ID is recorded on {other.name}. Please look once more.")
