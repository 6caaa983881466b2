"""What the workers of `microsoft` and `nightly` do when they are woken, and each minute in any case."""

from celery import shared_task
from django.conf import settings

from m365 import nightly, pings, rotation
from m365.checking import check
from m365.models import CheckItem, Rotation, Validation
from m365.validations import DRAIN, run
from portal.core.leases import drain
from portal.core.wake import wake

CLAIMED_TOGETHER = 4


@shared_task(name=DRAIN)
def drain_validations() -> None:
    """Validate what is due, one at a time; a second worker finds other rows or none."""
    if drain(Validation.objects.all(), run, lease=settings.M365_CHECK_LEASE):
        wake(DRAIN)


@shared_task(name="m365.tasks.look_at_the_night")
def look_at_the_night() -> None:
    """Begin, staff and finish nightly runs, then tell of them; asked each minute, by as many beats as there are."""
    nightly.look()
    pings.tell()


@shared_task(name=nightly.DRAIN)
def drain_checks() -> None:
    """Check what is due, one at a time; a second worker finds other items or none.

    Some are claimed together, which is a fifth of what a check costs the processor. Those that wait behind a silent
    tenant are handed back in time.
    """
    if drain(CheckItem.queue.to_check(), check, lease=settings.M365_CHECK_LEASE, batch=CLAIMED_TOGETHER):
        wake(nightly.DRAIN)
    nightly.finish_what_is_over()


@shared_task(name=rotation.DRAIN)
def drain_rotations() -> None:
    """Take the next step with each secret that the portal renews itself."""
    if drain(Rotation.objects.to_work_at(), rotation.work, lease=settings.M365_CHECK_LEASE):
        wake(rotation.DRAIN)
