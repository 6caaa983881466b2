"""What beat asks for each minute."""

from celery import shared_task
from django.conf import settings

from portal.core.leases import drain
from portal.core.wake import wake
from services.models import RunFollowUp
from services.renewals import follow_up as work_through

FOLLOW_UP = "services.tasks.follow_up"


@shared_task(name=FOLLOW_UP)
def follow_up() -> None:
    """Work through the nightly runs that have finished; a second one at the same moment finds nothing left."""
    RunFollowUp.objects.prepare()
    runs = RunFollowUp.objects.select_related("run")
    if drain(runs, work_through, lease=settings.M365_CHECK_LEASE):
        wake(FOLLOW_UP)
