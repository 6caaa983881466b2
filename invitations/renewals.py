"""Renewal without an operator: the customer is mailed a link that asks for a new client secret alone."""

from datetime import datetime
from typing import Any

from django.db import transaction

from invitations.models import Invitation, Purpose
from invitations.models.standing import new_life
from m365.models import AppRegistration, Credential
from portal.core.actors import PORTAL, Actor
from portal.core.tenancy import Operator


@transaction.atomic
def ask(
    registration: AppRegistration,
    email: str,
    invited_by: Operator,
    *,
    threshold: int,
    ends: datetime,
    **names: str,
) -> Invitation | None:
    """Mail the link, once for each credential and threshold (days before its end); a former link of it dies.

    `invited_by` is the operator who is told what becomes of it; `names` as for `Invitation.send`. None, and nothing
    changes, when it was asked for this threshold or a more urgent one before, or when an answer is on its way: an
    operator's own link is out, or a tenant is to be confirmed.
    """
    registration = AppRegistration.objects.lock(registration.pk)
    credential = registration.active_credential
    if credential is None or registration.held_id or _was_asked(credential, threshold):
        return None
    former = unanswered(registration)
    if former and former.renews_id == credential.pk:
        former.resend(
            email, PORTAL, ends=ends, threshold=threshold, renews_end=credential.earliest_end, **names
        )
        return former
    if former and former.state == Invitation.State.OPEN and former.asks_for is not Purpose.RENEW:
        return None
    if former:
        former.revoke(PORTAL)
    asked: dict[str, Any] = {
        "renews": credential,
        "renews_end": credential.earliest_end,
        "threshold": threshold,
    }
    return Invitation.issue(
        registration,
        email,
        PORTAL,
        purpose=Purpose.RENEW,
        invited_by=invited_by,
        **names,
        **new_life(ends),
        **asked,
    )


def _was_asked(credential: Credential, threshold: int) -> bool:
    """For the end that is known now: if a person or the tenant told a later one, it is asked for that once more."""
    of_this_end = Invitation.objects.filter(renews=credential, renews_end=credential.earliest_end)
    return of_this_end.filter(threshold__lte=threshold).exists()


def unanswered(registration: AppRegistration) -> Invitation | None:
    """The one whose link is out, whatever became of it; there is one at most."""
    return Invitation.objects.filter(
        app_registration=registration, authenticated_at=None, revoked_at=None
    ).first()


def withdraw(registration: AppRegistration, actor: Actor) -> None:
    """Kill a link that asks for a renewal, because the new secret came on another way."""
    invitation = unanswered(registration)
    if invitation and invitation.asks_for is Purpose.RENEW:
        invitation.cancel(actor)
