"""The ground's tables, each in the module that explains it."""

from portal.core.cache import CacheEntry
from portal.core.heartbeats import Heartbeat
from portal.core.journal import JournalDetail, JournalEntry
from portal.core.journal_seals import JournalSeal
from portal.core.logos import Logo
from portal.core.mail_lines import MailLine
from portal.core.notices import Notice
from portal.core.outbox import OutboxMail
from portal.core.tenancy import Channel, Membership, Operator

__all__ = [
    "CacheEntry",
    "Channel",
    "Heartbeat",
    "JournalDetail",
    "JournalEntry",
    "JournalSeal",
    "Logo",
    "MailLine",
    "Membership",
    "Notice",
    "Operator",
    "OutboxMail",
]
