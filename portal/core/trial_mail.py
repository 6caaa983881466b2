"""A mail that an admin asks for, to see whether mail leaves: to their own address, by the workers, as all mail."""

from django.conf import settings
from django.db import transaction

from portal.core import journal, outbox
from portal.core.actors import Actor
from portal.core.letters import Letter, written
from portal.core.outbox import OutboxMail
from portal.core.tenancy import Operator

TRIAL = "core.trial"


def newest(operator: Operator) -> OutboxMail | None:
    """The one they asked for last."""
    return OutboxMail.objects.about(operator.pk).filter(kind=TRIAL).first()


@transaction.atomic
def ask(operator: Operator, actor: Actor, after: str) -> OutboxMail:
    """Queue one; `after` is the id of the newest that the page had seen, "" for none: sent twice, it is one mail."""
    last = newest(operator)
    if last and str(last.pk) != after:
        return last
    key = f"trial/{operator.pk}/after/{last.pk if last else None}"
    mail = outbox.post(TRIAL, operator.pk, operator.email, key=key, actor=actor)
    journal.write(actor, "mail.tried", [operator])
    return mail


def render(mail: OutboxMail) -> Letter:
    return written("trial", asked_by=mail.actor_label, portal=settings.PUBLIC_URL)
