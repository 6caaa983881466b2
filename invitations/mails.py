"""How an invitation's mails are written, at the moment they are sent."""

import zoneinfo
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import formats, timezone

from invitations import news
from invitations.models import Invitation, Purpose
from m365.permissions import missing_permissions
from portal.core import brands
from portal.core.clock import days_until
from portal.core.letters import Letter, written
from portal.core.moments import spelled_out
from portal.core.outbox import MailState, OutboxMail
from portal.core.roles import Action
from portal.core.tenancy import Operator


def activation(mail: OutboxMail) -> Letter | None:
    """The invitation itself; nothing once it is revoked, answered, expired or has a newer link."""
    living = Invitation.objects.open().select_related(
        "invited_by", "channel"
    )  # the rest is for renewals, the few
    invitation = living.filter(uuid=mail.object_id).first()
    if invitation is None or invitation.mail_key != mail.key:
        return None
    return (
        _renewal(invitation) if invitation.asks_for is Purpose.RENEW else _with_link("activation", invitation)
    )


def reminder(mail: OutboxMail) -> Letter | None:
    """The same link once more; nothing when it is dead or replaced, or when its first mail never left."""
    invitation = (
        Invitation.objects.open().filter(uuid=mail.object_id).select_related("invited_by", "channel").first()
    )
    if invitation is None or invitation.reminder_key != mail.key:
        return None
    first = invitation.mail
    if first is None or first.state not in (MailState.SENT, MailState.UNCERTAIN):
        return None
    return _with_link("reminder", invitation)


def _with_link(name: str, invitation: Invitation, **more: Any) -> Letter:
    return _letter(
        name,
        invitation,
        link=invitation.link,
        inviter_name=invitation.invited_by.name,
        valid_until=spelled_out(invitation.expires_at),
        again=invitation.asks_for is Purpose.RECONNECT,
        **more,
    )


def _renewal(invitation: Invitation) -> Letter | None:
    """A new secret is asked for; nothing once the one that nears its end is not in use any more."""
    registration, old = invitation.app_registration, invitation.renews
    if old is None or old.earliest_end is None or registration.active_credential_id != old.pk:
        return None
    return _with_link(
        "renewal",
        invitation,
        days=days_until(old.earliest_end),
        ends=spelled_out(old.earliest_end),
        ends_on=formats.date_format(timezone.localtime(old.earliest_end), "j F Y"),
        app_name=registration.app_name,
        client_id=registration.client_id,
    )


def receipt(mail: OutboxMail) -> Letter | None:
    """To the address that was invited: who connected which tenant, when, and how to withdraw."""
    invitation = Invitation.objects.filter(uuid=mail.object_id).select_related("app_registration").first()
    if invitation is None or invitation.authenticated_at is None:
        return None
    registration = invitation.app_registration
    credential = registration.active_credential
    ends = credential.not_after if credential else None
    return _letter(
        "receipt",
        invitation,
        renewed=invitation.asks_for is Purpose.RENEW,
        done_by="Renewed by" if invitation.asks_for is Purpose.RENEW else "Connected by",
        finished_by=invitation.authenticated_by,
        finished_at=spelled_out(invitation.authenticated_at),
        tenant_name=registration.tenant_name,
        default_domain=registration.default_domain,
        tenant_id=registration.tenant_id,
        app_name=registration.app_name,
        client_id=registration.client_id,
        permissions=registration.roles,
        missing=missing_permissions(registration.roles),
        secret_ends=spelled_out(ends) if ends else None,
    )


def finished(mail: OutboxMail) -> Letter | None:
    """To the operator who invited: the customer has connected the tenant, or renewed its secret."""
    invitation, operator = _of_operator(mail)
    if invitation is None or operator is None or invitation.authenticated_at is None:
        return None
    registration = invitation.app_registration
    credential = registration.active_credential
    ends = credential.not_after if credential else None
    return _to_operator(
        "changed" if invitation.asks_for.completes else "finished",
        operator,
        invitation,
        news.finished(invitation),
        invitation.authenticated_at,
        secret_ends=ends,
        renewed=invitation.asks_for is Purpose.RENEW,
        completed=invitation.completed_at is not None,
        finished_by=invitation.authenticated_by,
        tenant_name=registration.tenant_name,
        default_domain=registration.default_domain,
        tenant_id=registration.tenant_id,
        missing=missing_permissions(registration.roles),
    )


def held(mail: OutboxMail) -> Letter | None:
    """To the operator who invited: which tenant is to be confirmed, and why; nothing once somebody has decided."""
    invitation, operator = _of_operator(mail)
    if invitation is None or operator is None or invitation.held_at is None:
        return None
    if not news.is_about(mail, news.held_key(invitation)):
        return None
    validation = invitation.app_registration.held
    if invitation.state != Invitation.State.HELD or validation is None:
        return None
    read = validation.reading
    return _to_operator(
        "held",
        operator,
        invitation,
        news.held(invitation),
        invitation.held_at,
        reasons=[cause.operator for cause in validation.reasons],
        entered_by=validation.actor_label,
        tenant_name=read.tenant_name,
        default_domain=read.default_domain,
        tenant_id=validation.tenant_id,
    )


def locked(mail: OutboxMail) -> Letter | None:
    """To the operator who invited: the link is locked; nothing once there is another one."""
    invitation, operator = _of_operator(mail)
    if invitation is None or operator is None or invitation.locked_at is None:
        return None
    if not news.is_about(mail, news.locked_key(invitation)):
        return None
    if invitation.state != Invitation.State.LOCKED:
        return None
    return _to_operator(
        "locked",
        operator,
        invitation,
        news.locked(invitation),
        invitation.locked_at,
        email=invitation.email,
        refusals=invitation.refusals,
    )


def _of_operator(mail: OutboxMail) -> tuple[Invitation | None, Operator | None]:
    """The invitation and whom the mail is for; neither once they may not see the customer any more."""
    found = Invitation.objects.filter(uuid=mail.object_id)
    invitation = found.select_related("app_registration__held", "invited_by", "channel").first()
    if invitation is None:
        return None, None
    operator = Operator.objects.filter(email=mail.recipient).first() or invitation.invited_by
    allowed = operator.is_active and operator.may(Action.SEE, invitation.channel_id)
    return (invitation, operator) if allowed else (None, None)


def _to_operator(
    name: str,
    operator: Operator,
    invitation: Invitation,
    sentence: str,
    at: datetime,
    *,
    secret_ends: datetime | None = None,
    **more: Any,
) -> Letter:
    """With moments in the operator's own zone, and the page where they go on."""
    with timezone.override(zoneinfo.ZoneInfo(operator.time_zone) if operator.time_zone else None):
        happened_at = spelled_out(at)
        ends = spelled_out(secret_ends) if secret_ends else ""
    return _letter(
        name,
        invitation,
        operator_name=operator.name,
        sentence=sentence,
        link=settings.PUBLIC_URL + news.place(invitation),
        happened_at=happened_at,
        secret_ends=ends,
        **more,
    )


def _letter(name: str, invitation: Invitation, **more: Any) -> Letter:
    return written(
        name,
        brands.of(invitation.channel),
        customer_name=invitation.customer_name,
        service_name=invitation.service_name,
        number=invitation.id,
        guide_url=settings.PUBLIC_URL + reverse("invitations:guide"),
        **more,
    )
