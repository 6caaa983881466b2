"""How an invitation's mails are written, at the moment they are sent."""

import zoneinfo
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from invitations.finished import place, sentence
from invitations.models import Invitation
from m365.graph import missing_permissions
from portal.core.letters import Letter
from portal.core.moments import spelled_out
from portal.core.outbox import MailState, OutboxMail
from portal.core.roles import Action


def activation(mail: OutboxMail) -> Letter | None:
    """The invitation itself; nothing once it is revoked, answered, expired or has a newer link."""
    invitation = Invitation.objects.open().filter(uuid=mail.object_id).select_related("invited_by").first()
    if invitation is None or invitation.mail_key != mail.key:
        return None
    return _with_link("activation", invitation)


def reminder(mail: OutboxMail) -> Letter | None:
    """The same link once more; nothing when it is dead or replaced, or when its first mail never left."""
    invitation = Invitation.objects.open().filter(uuid=mail.object_id).select_related("invited_by").first()
    if invitation is None or invitation.reminder_key != mail.key:
        return None
    first = invitation.mail
    if first is None or first.state not in (MailState.SENT, MailState.UNCERTAIN):
        return None
    return _with_link("reminder", invitation)


def _with_link(name: str, invitation: Invitation) -> Letter:
    return _letter(
        name,
        invitation,
        link=invitation.link,
        inviter_name=invitation.invited_by.name,
        valid_until=spelled_out(invitation.expires_at),
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
    """To the operator who invited; nothing once they may not see the customer any more. Times in their own zone."""
    found = Invitation.objects.filter(uuid=mail.object_id)
    invitation = found.select_related("app_registration", "invited_by").first()
    if invitation is None or invitation.authenticated_at is None:
        return None
    operator, registration = invitation.invited_by, invitation.app_registration
    if not operator.is_active or not operator.may(Action.SEE, invitation.channel_id):
        return None
    with timezone.override(zoneinfo.ZoneInfo(operator.time_zone) if operator.time_zone else None):
        finished_at = spelled_out(invitation.authenticated_at)
    return _letter(
        "finished",
        invitation,
        operator_name=operator.name,
        sentence=sentence(invitation),
        completed=invitation.completed_at is not None,
        link=settings.PUBLIC_URL + place(invitation),
        finished_by=invitation.authenticated_by,
        finished_at=finished_at,
        tenant_name=registration.tenant_name,
        default_domain=registration.default_domain,
        tenant_id=registration.tenant_id,
        missing=missing_permissions(registration.roles),
    )


def _letter(name: str, invitation: Invitation, **more: Any) -> Letter:
    context = {
        "provider_name": settings.PROVIDER_NAME,
        "provider_email": settings.PROVIDER_EMAIL,
        "provider_phone": settings.PROVIDER_PHONE,
        "customer_name": invitation.customer_name,
        "service_name": invitation.service_name,
        "number": invitation.id,
        "guide_url": settings.PUBLIC_URL + reverse("invitations:guide"),
        **more,
    }
    return Letter(
        subject=" ".join(render_to_string(f"mail/{name}.subject.txt", context).split()),
        text=render_to_string(f"mail/{name}.txt", context),
        html=render_to_string(f"mail/{name}.html", context),
    )
