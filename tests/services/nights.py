"""A night in a test of services: the run, its follow-up and the mails, each by the worker's own function."""

from m365.models import NightlyRun
from portal.core.tasks import drain_mail
from services.tasks import follow_up
from tests.m365.nights import a_night_passes


def the_night_passes():
    """The newest night's run with all that follows; the same night once more changes nothing."""
    a_night_passes()
    follow_up()
    drain_mail()
    return NightlyRun.objects.order_by("-date").first()
