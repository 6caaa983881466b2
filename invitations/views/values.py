"""The three values, or a new secret alone: looked at here, stored sealed, sent to Microsoft by a worker."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from invitations import cookies
from invitations.forms import IDS, SecretForm, ValuesForm
from invitations.models import Invitation, Purpose
from invitations.views.doors import dead, invited
from m365.models import Validation
from portal.core.actors import Actor
from portal.core.limits import limited


@login_not_required
@limited("values", 120, posts=20)
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("client_secret")
@invited
def values(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Of a renewal the secret alone: with tenant and application locked there is nothing else to ask."""
    if invitation.asks_for is Purpose.RENEW:
        return _secret(request, invitation)
    if request.method != "POST":
        form = ValuesForm(initial=_kept_ids(request, invitation))
        return render(request, "invitations/values.html", {"invitation": invitation, "form": form})
    form = ValuesForm(request.POST)
    if form.is_valid():
        return _start(request, invitation, form.values)
    return render(request, "invitations/values.html", {"invitation": invitation, "form": form})


def _secret(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    registration = invitation.app_registration
    form = SecretForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        ids: dict[str, UUID | None] = {name: getattr(registration, name) for name in IDS}
        return _start(request, invitation, {**ids, "secret": form.cleaned_data["client_secret"]})
    context = {"invitation": invitation, "form": form, "registration": registration, "old": invitation.renews}
    return render(request, "invitations/secret.html", context)


def _kept_ids(request: HttpRequest, invitation: Invitation) -> dict[str, Any]:
    """The two IDs that this browser sent last; the secret is not kept anywhere it could come from."""
    own = cookies.own_validation_id(request, invitation.uuid)
    tried = Validation.objects.filter(pk=own, subject=invitation.uuid) if own else Validation.objects.none()
    last = tried.first()
    return {"tenant_id": last.tenant_entered, "client_id": last.client_id} if last else {}


def _start(request: HttpRequest, invitation: Invitation, given: dict[str, Any]) -> HttpResponse:
    actor = Actor.holding_link(request, invitation.email)
    submitted = invitation.submit(actor, **given)
    if submitted is None:
        return dead(request)
    validation, new = submitted
    address = reverse("invitations:result", args=[invitation.uuid, validation.pk])
    response = redirect(address if new else f"{address}?earlier")
    cookies.show_result(response, invitation.uuid, validation.pk)
    return response
