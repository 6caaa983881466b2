"""The head of the journal's seals, mailed each day to where no administrator of the database gets at it.

Whoever cuts off the end of the journal leaves a chain that looks whole; the head that stands in a mailbox tells it.
"""

from datetime import UTC

from django.conf import settings
from django.db import transaction

from portal.core import journal_seals, outbox
from portal.core.actors import PORTAL
from portal.core.clock import now
from portal.core.journal_seals import JournalSeal
from portal.core.letters import Letter, written
from portal.core.moments import spelled_out
from portal.core.outbox import OutboxMail

HEAD = "core.journal_head"


@transaction.atomic
def post_once_a_day() -> OutboxMail | None:
    """Today's (UTC) mail, the same one however often it is asked for; None without an address or a seal."""
    newest = journal_seals.head()
    if not settings.JOURNAL_HEAD_MAIL_TO or newest is None:
        return None
    key = f"journal_head/{now().astimezone(UTC).date()}"
    return outbox.post(HEAD, newest.entry_id, settings.JOURNAL_HEAD_MAIL_TO, key=key, actor=PORTAL)


def render(mail: OutboxMail) -> Letter:
    """The head as it was when the mail was queued, so that a mail that is resent says the same. Raises DoesNotExist."""
    seal = JournalSeal.objects.get(entry=mail.object_id)
    return written(
        "journal_head",
        number=seal.number,
        head=str(seal),
        sealed_at=spelled_out(seal.sealed_at),
        portal=settings.PUBLIC_URL,
    )
