"""How many days before the end of a client secret to warn: the customer's own, the channel's, else the portal's."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from portal.core.clock import now
from portal.core.tenancy import Channel

if TYPE_CHECKING:
    from services.models.customers import Customer

A_DAY = timedelta(days=1)


def usual() -> list[int]:
    """Those of the installation."""
    days: list[int] = settings.M365_WARN_DAYS
    return days


def of(customer: "Customer", channel: Channel) -> list[int]:
    """In days, the largest first."""
    return customer.warn_days or channel.warn_days or usual()


def shown(days: list[int]) -> str:
    """As people type them: "60, 30, 14, 7, 1, 0"."""
    return ", ".join(map(str, days))


def crossed(thresholds: list[int], left: timedelta) -> list[int]:
    """Which of them have been crossed, the most urgent first: `left` until the end is at most so many days of 24 h."""
    return sorted(days for days in thresholds if left <= days * A_DAY)


def soon() -> Combinable:
    """For queries on services: what ends before this moment is within the largest threshold, in days rounded down."""
    largest = Coalesce(F("customer__warn_days__0"), F("channel__warn_days__0"), Value(usual()[0]))
    within = ExpressionWrapper((largest + 1) * Value(A_DAY), output_field=DurationField())
    return ExpressionWrapper(Value(now()) + within, output_field=DateTimeField())
