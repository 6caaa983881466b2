"""What the mail workers do when they are woken, and each minute in any case."""

from celery import shared_task
from django.conf import settings

from portal.core import journal_head, journal_seals, retention, smtp
from portal.core.leases import EndOfTurn, drain
from portal.core.mail_lines import REST, MailLine
from portal.core.outbox import DRAIN, OutboxMail, send
from portal.core.wake import wake

# So many mails are claimed together: the cost of a claim is shared, and what a killed worker holds up stays little.
BATCH = 10


@shared_task(name="portal.core.tasks.seal_journal")
def seal_journal() -> None:
    """Seal what the last minute wrote, batch by batch; the first time of each day (UTC), mail the head.

    Asked each minute, so that a beat that stood still at a certain hour leaves no day out.
    """
    while journal_seals.seal() == journal_seals.BATCH:
        pass
    journal_head.post_once_a_day()


@shared_task(name="portal.core.tasks.purge")
def purge() -> None:
    """Each night: take away what was kept long enough."""
    retention.purge()


@shared_task(name=DRAIN)
def drain_mail() -> None:
    """Send what is due over one connection; a second worker finds other mails or none.

    Nothing is left to the sweep: whoever finds no line free relies on those who hold one to look once more
    when they have given it back.
    """
    if not OutboxMail.objects.due().exists():
        return
    line = MailLine.objects.take()
    if line is None:
        return
    try:
        _send_for_one_turn(line)
    finally:
        line.give_back()
    if OutboxMail.objects.due().exists():
        wake(DRAIN)


def _send_for_one_turn(line: MailLine) -> None:
    def work(mail: OutboxMail) -> None:
        delivery = send(mail, connection)
        if delivery is not None and delivery.is_one_too_many:
            if line.slow_down():
                wake(DRAIN, after=REST)
            raise EndOfTurn

    with smtp.Line() as connection:
        drain(OutboxMail.objects.all(), work, lease=settings.MAIL_LEASE, batch=BATCH)
