"""What the microsoft workers do when they are woken, and each minute in any case."""

from celery import shared_task
from django.conf import settings

from m365.models import Validation
from m365.validations import DRAIN, run
from portal.core.leases import drain


@shared_task(name=DRAIN)
def drain_validations() -> None:
    """Validate what is due, one at a time; a second worker finds other rows or none."""
    drain(DRAIN, Validation.objects.all(), run, lease=settings.M365_CHECK_LEASE)
