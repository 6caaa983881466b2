"""The one way in which a mail leaves the portal: a row in the transaction of what it tells about.

The row says what to write and to whom; a worker renders the mail when it sends it, so that no link and no token is
ever stored. The app that posts a kind of mail registers how it is rendered and what a settled one changes.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Now

from portal.core import smtp
from portal.core.actors import ActedRow, Actor
from portal.core.clock import now
from portal.core.failpoints import failpoint
from portal.core.leases import Leased, LeasedQuerySet, pause, waiting_index
from portal.core.letters import Letter, compose
from portal.core.logs import EventLog, request_id, working_on
from portal.core.tenancy import Row
from portal.core.wake import wake

log = EventLog(__name__)

DRAIN = "portal.core.tasks.drain_mail"
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=15)
# As a reply: in front stands what went wrong on the line, then the sentence.
WORKER_LOST = "WorkerLost: the portal stopped while the mail was handed over"
# RFC 5321, section 4.5.4.1: a sender gives up after four to five days.
GIVE_UP_AFTER = timedelta(days=4)


class MailState(models.TextChoices):
    QUEUED = "queued", "queued"
    SENT = "sent", "sent"
    UNCERTAIN = "uncertain", "delivery uncertain"
    FAILED = "failed", "refused by the mail server"
    WITHDRAWN = "withdrawn", "withdrawn"


class OutboxQuerySet(LeasedQuerySet["OutboxMail"]):
    def about(self, object_id: uuid.UUID) -> Self:
        """All mails about one row, newest first."""
        return self.filter(object_id=object_id).order_by("-created_at")


class OutboxMail(Row, Leased, ActedRow):
    """A mail to one address: queued, then sent, failed, uncertain (resent once) or withdrawn."""

    kind = models.CharField(max_length=60)
    object_id = models.UUIDField()
    key = models.CharField(max_length=200, unique=True)
    recipient = models.EmailField(max_length=254)
    message_id = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=MailState.choices, default=MailState.QUEUED)
    sent_at = models.DateTimeField(null=True)
    uncertain_since = models.DateTimeField(null=True)
    # Set before the final dot, emptied with the result: one that is claimed with it lost its worker between the two.
    handed_over_at = models.DateTimeField(null=True)
    smtp_code = models.PositiveSmallIntegerField(null=True)
    smtp_reply = models.CharField(max_length=500, blank=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["object_id", "-created_at"], name="outbox_about"),
            waiting_index("outbox_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    def conclude(self, delivery: smtp.Delivery) -> bool:
        """Write what the mail server made of it; False when somebody else holds the mail by now."""
        again = self._pause_after(delivery)
        said: dict[str, Any] = {"smtp_code": delivery.code, "smtp_reply": delivery.reply[:500]}
        said["handed_over_at"] = None
        with transaction.atomic():
            mine = self.settle(next_try_in=again, **said, **self._standing_after(delivery))
            if mine:
                _kinds[self.kind].settled(self)
            if again:
                wake(DRAIN, after=again)
        made_of_it = {
            "outcome": delivery.outcome.name.lower(),
            "code": delivery.code,
            "attempt": self.attempts,
        }
        log.info("mail.concluded", mail=self.id, kind=self.kind, state=self.state, mine=mine, **made_of_it)
        return mine

    def hand_over(self) -> bool:
        """Note that the final dot comes now; False, and it must not come, when somebody else holds the mail."""
        return self.report(handed_over_at=Now())

    def _pause_after(self, delivery: smtp.Delivery) -> timedelta | None:
        """How long to wait before the next try; None when there is none: uncertain ones are resent once."""
        if delivery.outcome is smtp.Outcome.UNCERTAIN and self.uncertain_since is None:
            return pause(1, first=FIRST_PAUSE, longest=LONGEST_PAUSE)  # however often it was tried before
        if delivery.outcome is smtp.Outcome.NOT_NOW:
            return pause(self.attempts, first=FIRST_PAUSE, longest=LONGEST_PAUSE)
        return None

    def _standing_after(self, delivery: smtp.Delivery) -> dict[str, Any]:
        match delivery.outcome:
            case smtp.Outcome.ACCEPTED:
                return {"state": MailState.SENT, "sent_at": now()}
            case smtp.Outcome.REFUSED:
                return {"state": MailState.FAILED}
            case smtp.Outcome.UNCERTAIN:
                return {"state": MailState.UNCERTAIN, "uncertain_since": self.uncertain_since or now()}
            case smtp.Outcome.NOT_NOW:
                return {"state": self.state}


Renderer = Callable[[OutboxMail], Letter | None]
Settled = Callable[[OutboxMail], None]


@dataclass(frozen=True)
class Kind:
    render: Renderer
    settled: Settled


_kinds: dict[str, Kind] = {}


def _nothing_follows(mail: OutboxMail) -> None:
    """Most mails change no other row."""


def register(kind: str, render: Renderer, settled: Settled = _nothing_follows) -> None:
    """Say how mails of this kind are written (None withdraws one) and what follows when one is settled."""
    _kinds[kind] = Kind(render, settled)


def post(kind: str, object_id: uuid.UUID, recipient: str, *, key: str, actor: Actor) -> OutboxMail:
    """Queue a mail in the caller's transaction; the same key again is the same mail."""
    mail, new = OutboxMail.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "object_id": object_id,
            "recipient": recipient,
            "message_id": make_msgid(domain=settings.MAIL_FROM.rpartition("@")[2].rstrip("> ")),
            "request_id": request_id.get(),
            **actor.columns(),
        },
    )
    if new:
        wake(DRAIN)
        failpoint("mail.posted")
    return mail


def send(mail: OutboxMail, line: smtp.Line) -> smtp.Delivery | None:
    """Render and hand over one leased mail, then settle it; gives what the mail server made of it, if it was asked."""
    with working_on(mail.request_id):
        if unsent := _ends_unsent(mail):
            mail.conclude(unsent)
            return None
        message = _written(mail)
        if message is None:
            return None
        delivery = line.deliver(message, before_dot=mail.hand_over)
        failpoint("mail.answered")
        mail.conclude(delivery)
        failpoint("mail.concluded")
        return delivery


def _ends_unsent(mail: OutboxMail) -> smtp.Delivery | None:
    """What became of it before this try: a worker died in the gap, or days have passed."""
    if mail.handed_over_at is not None:
        return smtp.Delivery(smtp.Outcome.UNCERTAIN, reply=WORKER_LOST)
    if mail.attempts > 1 and now() - mail.created_at > GIVE_UP_AFTER:
        return smtp.Delivery(smtp.Outcome.REFUSED, mail.smtp_code, f"given up: {mail.smtp_reply}")
    return None


def _written(mail: OutboxMail) -> EmailMessage | None:
    """The mail as it is now; None when there is none to send, and the row says why."""
    try:
        letter = _kinds[mail.kind].render(mail)
    except Exception:  # a bug, or a kind of the next release: one mail must not hold up the others
        log.exception("mail.unwritable", mail=mail.id, kind=mail.kind)
        again = pause(mail.attempts, first=FIRST_PAUSE, longest=LONGEST_PAUSE)
        mail.settle(next_try_in=again, smtp_code=None, smtp_reply="the portal could not write this mail")
        return None
    if letter is None:
        mail.settle(state=MailState.WITHDRAWN)
        return None
    try:
        return compose(letter, mail.recipient, mail.message_id)
    except ValueError:
        log.exception("mail.unwritable", mail=mail.id, kind=mail.kind)
        mail.conclude(smtp.Delivery(smtp.Outcome.REFUSED, reply="a line end in address or subject"))
        return None
