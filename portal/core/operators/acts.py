"""What admins do to operators' accounts; each writes the journal and tells whom it concerns."""

from allauth.mfa.models import Authenticator
from django.db import transaction

from portal.core import journal
from portal.core.accounts import letters
from portal.core.actors import Actor
from portal.core.roles import Role
from portal.core.tenancy import Channel, Membership, Operator


@transaction.atomic
def invite(email: str, name: str, channel: Channel | None, role: Role, actor: Actor) -> Operator:
    """Make the account and mail its owner a link; who has one already gets the role, and keeps name and password."""
    operator, new = Operator.objects.get_or_create(email=email.strip().lower(), defaults={"name": name})
    if new:
        operator.set_unusable_password()
        operator.save(update_fields=["password"])
        journal.write(
            actor, "operator.invited", [operator, *_place(channel)], email=operator.email, name=name
        )
        letters.post_invitation(operator, actor)
    grant(operator, channel, role, actor, tell=not new)
    return operator


@transaction.atomic
def grant(
    operator: Operator, channel: Channel | None, role: Role, actor: Actor, *, tell: bool = True
) -> Membership:
    """Give a role in a channel, or for the provider as a whole, in place of the one they had there."""
    there = Membership.objects.select_for_update().filter(operator=operator, channel=channel).first()
    before = there.role if there else ""
    if there and before == role:
        return there
    kept, _new = Membership.objects.update_or_create(
        operator=operator, channel=channel, defaults={"role": role}
    )
    said = {"role": Role(role).label, "place": _name(channel), "before": Role(before).label if before else ""}
    _write(operator, channel, actor, "operator.role_granted", said, tell=tell)
    return kept


@transaction.atomic
def withdraw(operator: Operator, channel: Channel | None, actor: Actor) -> None:
    """Take their role there away; without any role they see nothing."""
    there = Membership.objects.select_for_update().filter(operator=operator, channel=channel).first()
    if there is None:
        return
    said = {"role": Role(there.role).label, "place": _name(channel)}
    there.delete()
    _write(operator, channel, actor, "operator.role_withdrawn", said)


@transaction.atomic
def switch(operator: Operator, actor: Actor, *, on: bool) -> None:
    """Let an account sign in, or not any more: its sessions end at their next request."""
    if Operator.objects.filter(pk=operator.pk, is_active=not on).update(is_active=on):
        journal.write(actor, "operator.switched_on" if on else "operator.switched_off", [operator])


@transaction.atomic
def begin_anew(operator: Operator, actor: Actor) -> None:
    """For who has lost the second factor, recovery codes and all: no factor, no password, and an invitation again.

    It is as strong as inviting them was: an admin who knows the person, and their address. All their sessions end.
    """
    operator.set_unusable_password()
    operator.second_factor_since = None
    operator.save(update_fields=["password", "second_factor_since"])
    Authenticator.objects.filter(user=operator).delete()
    journal.write(actor, "operator.begun_anew", [operator])
    letters.post_invitation(operator, actor)


def _write(
    operator: Operator,
    channel: Channel | None,
    actor: Actor,
    verb: str,
    said: dict[str, str],
    *,
    tell: bool = True,
) -> None:
    entry = journal.write(actor, verb, [operator, *_place(channel)], **said)
    if tell:
        letters.post_change(operator, entry)


def _place(channel: Channel | None) -> list[Channel]:
    return [channel] if channel else []


def _name(channel: Channel | None) -> str:
    return channel.name if channel else "all channels"
