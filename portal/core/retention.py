"""What is kept only for a while: addresses and values of mails and of the journal; each app adds what is its own.

Rows stay, because numbers, links and keys lean on them; what they say of people goes. Of a purged journal entry the
chained part stays: that it happened, to which rows, and a hash of what is gone (portal/core/journal.py).
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from portal.core.actors import ActorKind
from portal.core.clock import now
from portal.core.journal import JournalDetail
from portal.core.logs import EventLog
from portal.core.notices import Notice
from portal.core.outbox import OutboxMail

log = EventLog(__name__)

# In the place of "holder of the link sent to ida@…".
HOLDER = "holder of an emailed link"
# So many rows are changed in one statement, so that none holds many locks for long.
BATCH = 1_000

Purger = Callable[[datetime], int]
"""Takes away what is older than that moment, at most BATCH rows; gives how many."""

_purgers: dict[str, tuple[Purger, str]] = {}


def register(name: str, purger: Purger, setting: str) -> None:
    """Have something purged each night; `setting` is the name of the one that says after how many days."""
    _purgers[name] = (purger, setting)


def purge() -> dict[str, int]:
    """All that is due, batch by batch; how many rows of each."""
    done = {}
    for name, (purger, setting) in _purgers.items():
        before = now() - timedelta(days=getattr(settings, setting))
        done[name] = sum(iter(lambda purger=purger, before=before: purger(before), 0))  # type: ignore[misc]
    log.info("retention.purged", **done)
    return done


def mails(before: datetime) -> int:
    """Whom finished mails went to, and what the server said of it; the key stays, so that none is sent again."""
    told = ~Q(recipient="") | ~Q(smtp_reply="") | Q(actor_kind=ActorKind.LINK_HOLDER) & ~Q(actor_label=HOLDER)
    old = OutboxMail.objects.filter(told, created_at__lt=before, next_try_at=None).values("pk")[:BATCH]
    done = OutboxMail.objects.filter(pk__in=old).update(recipient="", smtp_reply="")
    OutboxMail.objects.filter(
        created_at__lt=before, next_try_at=None, actor_kind=ActorKind.LINK_HOLDER
    ).exclude(actor_label=HOLDER).update(actor_label=HOLDER)
    return done


def journal_details(before: datetime) -> int:
    """Who by name, from where, and the values."""
    old = JournalDetail.objects.filter(entry__created_at__lt=before).values("pk")[:BATCH]
    return JournalDetail.objects.filter(pk__in=old).delete()[0]


def notices(before: datetime) -> int:
    old = Notice.objects.filter(created_at__lt=before).values("pk")[:BATCH]
    return Notice.objects.filter(pk__in=old).delete()[0]
