"""Who invites, what for, and what happens."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from invitations.models import Invitation, Purpose
from invitations.views.doors import invited
from invitations.views.guide import ROLES
from m365.permissions import PERMISSIONS
from portal.core.limits import limited


@login_not_required
@limited("welcome", 120)
@require_safe
@invited
def welcome(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    if invitation.asks_for is Purpose.RENEW:
        return redirect("invitations:values", invitation.uuid)  # one value, one page
    context = {"invitation": invitation, "permissions": PERMISSIONS.values(), "roles": ROLES[:2]}
    return render(request, "invitations/welcome.html", context)
