"""What beat asks for each minute."""

from celery import shared_task
from django.conf import settings

from portal.core.leases import drain
from services.models import RunFollowUp
from services.renewals import follow_up as work_through

FOLLOW_UP = "services.tasks.follow_up"


@shared_task(name=FOLLOW_UP)
def follow_up() -> None:
    """Work through the nightly runs that have finished; a second one at the same moment finds nothing left."""
    RunFollowUp.objects.prepare()
    runs = RunFollowUp.objects.select_related("run")
    drain(FOLLOW_UP, runs, work_through, lease=settings.M365_CHECK_LEASE)
