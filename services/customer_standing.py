"""How a customer does, from its services: the worst of their states, and the tenants that they are connected to."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from services.models import Customer, Service

# What an operator must look at first comes first.
URGENCY = ("Error", "Warning", "Ready", "Waiting", "OK", "Unmonitored")


@dataclass(frozen=True)
class Tenant:
    id: UUID
    name: str


@dataclass(frozen=True)
class CustomerStanding:
    deployed: str
    status: str
    reason: str
    """Of the worst service; or how many of several are as bad."""
    tenants: tuple[Tenant, ...]


def standings(customers: Collection[Customer]) -> dict[UUID, CustomerStanding]:
    """By the customer's id, for those that have a living service; one query for any list."""
    theirs: defaultdict[UUID, list[Service]] = defaultdict(list)
    living = Service.objects.filter(customer__in=customers).living().with_connection()
    for service in living.order_by("short_key"):
        theirs[service.customer_id].append(service)
    return {customer: _standing(services) for customer, services in theirs.items()}


def _standing(services: list[Service]) -> CustomerStanding:
    told = sorted((one.status for one in services), key=lambda status: URGENCY.index(status[1]))
    deployed, status, reason = told[0]
    alike = [one[1] for one in told].count(status)
    if len(services) > 1:
        reason = f"{alike} of {len(services)} services"
    registrations = [one.app_registration for one in services if one.connected]
    tenants = {one.tenant_id: one.tenant_name or one.default_domain for one in registrations if one.tenant_id}
    return CustomerStanding(deployed, status, reason, tuple(Tenant(*pair) for pair in tenants.items()))
