"""What is kept only for a while: addresses and values of mails and of the journal; each app adds what is its own.

Rows stay, because numbers, links and keys lean on them; what they say of people goes. Of a purged journal entry the
chained part stays: that it happened, to which rows, and a hash of what is gone (portal/core/journal.py).
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Case, F, Q, Value, When

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
    done = {name: _all_of(*registered) for name, registered in _purgers.items()}
    log.info("retention.purged", **done)
    return done


def _all_of(purger: Purger, setting: str) -> int:
    before, done = now() - timedelta(days=getattr(settings, setting)), 0
    while rows := purger(before):
        done += rows
    return done


def mails(before: datetime) -> int:
    """Whom finished mails went to, and what the server said of it; the key stays, so that none is sent again."""
    told = ~Q(recipient="") | ~Q(smtp_reply="")
    old = OutboxMail.objects.filter(told, created_at__lt=before, next_try_at=None).values("pk")[:BATCH]
    by = Case(When(actor_kind=ActorKind.LINK_HOLDER, then=Value(HOLDER)), default=F("actor_label"))
    return OutboxMail.objects.filter(pk__in=old).update(recipient="", smtp_reply="", actor_label=by)


def journal_details(before: datetime) -> int:
    """Who by name, from where, and the values."""
    old = JournalDetail.objects.filter(entry__created_at__lt=before).values("pk")[:BATCH]
    return JournalDetail.objects.filter(pk__in=old).delete()[0]


def notices(before: datetime) -> int:
    old = Notice.objects.filter(created_at__lt=before).values("pk")[:BATCH]
    return Notice.objects.filter(pk__in=old).delete()[0]
