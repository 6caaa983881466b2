"""How an invitation's mails are written, at the moment they are sent."""

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from invitations.models import Invitation
from portal.core.letters import Letter
from portal.core.moments import spelled_out
from portal.core.outbox import OutboxMail


def activation(mail: OutboxMail) -> Letter | None:
    """The invitation itself; nothing once it is revoked, answered, expired or has a newer link."""
    invitation = Invitation.objects.open().filter(uuid=mail.object_id).select_related("invited_by").first()
    if invitation is None or invitation.mail_key != mail.key:
        return None
    return _letter(
        "activation",
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
        client_id=registration.client_id,
        permissions=registration.roles,
        secret_ends=spelled_out(ends) if ends else None,
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
