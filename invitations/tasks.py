"""What beat asks for each minute."""

from celery import shared_task

from invitations.models import Invitation


@shared_task(name="invitations.tasks.remind")
def remind() -> None:
    """Queue the reminders whose time has come; a second one at the same moment queues none of them again."""
    for invitation in Invitation.objects.to_remind().order_by("remind_at"):
        invitation.remind()
