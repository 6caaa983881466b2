"""On the page of success: the customer says when the secret ends, where the tenant does not tell."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from invitations.models import Invitation
from invitations.views.doors import own_validation
from invitations.views.result import end_form, valid
from m365.models import Validation
from portal.core.actors import Actor
from portal.core.limits import limited


@login_not_required
@limited("end", 120, posts=20)
@require_http_methods(["GET", "HEAD", "POST"])
@own_validation
def end_of_secret(request: HttpRequest, invitation: Invitation, validation: Validation) -> HttpResponse:
    """Kept with the name of whoever holds the link; what the tenant told meanwhile is not typed over."""
    form = end_form(request, validation)
    if form and request.method == "POST":
        if not form.is_valid():
            return valid(request, invitation, validation, form)
        form.stored(Actor.holding_link(request, invitation.email))
    return redirect("invitations:result", invitation.uuid, validation.pk)
