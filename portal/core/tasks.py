"""What the mail workers do when they are woken, and each minute in any case."""

from celery import shared_task
from django.conf import settings

from portal.core import smtp
from portal.core.leases import drain
from portal.core.outbox import DRAIN, OutboxMail, send


@shared_task(name=DRAIN)
def drain_mail() -> None:
    """Send what is due over one connection; a second worker finds other mails or none."""
    with smtp.Line() as line:
        drain(DRAIN, OutboxMail.objects.all(), lambda mail: send(mail, line), lease=settings.MAIL_LEASE)
