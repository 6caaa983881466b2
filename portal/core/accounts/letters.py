"""Mails about an operator's own account: the way back in, and what was changed."""

import uuid

from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.urls import reverse

from portal.core import outbox
from portal.core.accounts.tokens import OneUse
from portal.core.actors import PORTAL, Actor
from portal.core.journal import JournalEntry
from portal.core.letters import Letter, written
from portal.core.moments import spelled_out
from portal.core.outbox import OutboxMail
from portal.core.tenancy import Operator

WAY_BACK, CHANGE, INVITATION = "core.way_back", "core.account_change", "core.operator_invitation"
CHANGES = {
    "second_factor.added": "A second factor was added to your account: {factor}.",
    "second_factor.removed": "A second factor was removed from your account: {factor}.",
    "recovery_codes.renewed": "New recovery codes were made for your account; the former ones are worthless now.",
    "password.changed": "The password of your account was changed.",
    "operator.role_granted": "You have a role in {place} now: {role}.",
    "operator.role_withdrawn": "You have no role in {place} any more; it was {role}.",
}


def post_way_back(operator: AbstractBaseUser) -> None:
    """Somebody has asked for it at the sign-in, who may be anybody."""
    key = f"way_back/{uuid.uuid4()}"
    outbox.post(WAY_BACK, operator.pk, operator.get_username(), key=key, actor=PORTAL)


def post_change(operator: Operator, entry: JournalEntry) -> None:
    """Tell an operator what was changed, so that they notice when it was not them."""
    outbox.post(CHANGE, operator.pk, operator.email, key=f"account_change/{entry.pk}", actor=PORTAL)


def post_invitation(operator: Operator, actor: Actor) -> None:
    outbox.post(INVITATION, operator.pk, operator.email, key=f"operator/{uuid.uuid4()}", actor=actor)


def invitation(mail: OutboxMail) -> Letter | None:
    """Nothing once they have chosen a password or the account is switched off."""
    operator = Operator.objects.filter(pk=mail.object_id, is_active=True).first()
    if operator is None or operator.has_usable_password():
        return None
    return written(
        "operator_invitation", operator_name=operator.name, link=_link(operator), invited_by=mail.actor_label
    )


def way_back(mail: OutboxMail) -> Letter | None:
    """Nothing once the account is switched off."""
    operator = Operator.objects.filter(pk=mail.object_id, is_active=True).first()
    if operator is None:
        return None
    return written("way_back", operator_name=operator.name, link=_link(operator))


def _link(operator: Operator) -> str:
    made = {"uidb36": user_pk_to_url_str(operator), "key": OneUse().make_token(operator)}
    return f"{settings.PUBLIC_URL}{reverse('account_reset_password_from_key', kwargs=made)}"


def change(mail: OutboxMail) -> Letter | None:
    entry = JournalEntry.objects.select_related("detail").get(pk=uuid.UUID(mail.key.rpartition("/")[2]))
    operator = Operator.objects.get(pk=mail.object_id)
    return written(
        "account_change",
        operator_name=operator.name,
        sentence=CHANGES[entry.verb].format(**entry.detail.values),
        happened_at=spelled_out(entry.created_at),
        source=entry.detail.source,
    )
