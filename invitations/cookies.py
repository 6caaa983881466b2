"""The Invitation wizard's two cookies: signed like the link, one pair per invitation, so that two mails never mix.

The first stands for the link and is checked like it at every request. The second lets the browser that submitted read
the result of its own validation, although the link is dead by then. Neither holds anything but ids and a signature.
"""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from invitations import links
from invitations.models import Invitation

WIZARD, RESULT = "invitation", "result"


def admit(response: HttpResponse, invitation_id: UUID, version: int) -> None:
    """Set or renew the cookie that opens the wizard of this invitation at this version."""
    _set(response, WIZARD, invitation_id, invitation_id, version)


def admitted(request: HttpRequest, invitation_id: UUID) -> Invitation | None:
    """The invitation that this browser may answer; a forged cookie asks no database."""
    claim = _claim(request, WIZARD, invitation_id)
    if claim is None or claim.subject != invitation_id:
        return None
    living = Invitation.objects.open().select_related("invited_by", "app_registration", "renews", "channel")
    return living.filter(uuid=claim.subject, version=claim.number).first()


def show_result(response: HttpResponse, invitation_id: UUID, validation_id: UUID) -> None:
    """Set or renew the cookie that shows this validation's result; it takes the place of an earlier one."""
    _set(response, RESULT, invitation_id, validation_id, 0)


def own_validation_id(request: HttpRequest, invitation_id: UUID) -> UUID | None:
    """The validation whose result this browser may read."""
    claim = _claim(request, RESULT, invitation_id)
    return claim.subject if claim else None


def _name(kind: str, invitation_id: UUID) -> str:
    return f"{settings.COOKIE_PREFIX}{kind}-{invitation_id}"


def _purpose(kind: str, invitation_id: UUID) -> str:
    return f"cookie.{kind}.{invitation_id}"


def _claim(request: HttpRequest, kind: str, invitation_id: UUID) -> links.Claim | None:
    token = request.COOKIES.get(_name(kind, invitation_id), "")
    return links.read_until(_purpose(kind, invitation_id), token)


def _set(response: HttpResponse, kind: str, invitation_id: UUID, named: UUID, number: int) -> None:
    seconds = int(settings.INVITATION_COOKIE_AGE.total_seconds())
    response.set_cookie(
        _name(kind, invitation_id),
        links.sign_until(_purpose(kind, invitation_id), named, number, seconds),
        max_age=seconds,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
