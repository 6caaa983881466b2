"""The link of the mail: exchanged for a cookie and a clean address at once."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from invitations import cookies, links
from invitations.models import Invitation, Purpose
from invitations.views.doors import dead
from portal.core.limits import limited


@login_not_required
@limited("link", 120)
@require_safe
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """Let the holder of a living link in. Changes nothing: mail scanners open links before people do."""
    claims = [links.read(purpose, token) for purpose in Purpose.values]
    claim = next(filter(None, claims), None)
    if claim is None:
        return dead(request)
    named = {"uuid": claim.subject, "version": claim.number, "purpose": claim.purpose}
    if not Invitation.objects.open().filter(**named).exists():
        return dead(request)
    response = redirect("invitations:welcome", claim.subject)
    cookies.admit(response, claim.subject, claim.number)
    response["Referrer-Policy"] = "no-referrer"  # nobody learns the link from the page behind it
    return response
