"""Who may pass to a page of the Invitation wizard, and the one page for everybody else."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from invitations import cookies
from invitations.models import Invitation, Purpose
from m365.models import Validation
from portal.core import brands

Answering = Callable[[HttpRequest, Invitation], HttpResponse]
Reading = Callable[[HttpRequest, Invitation, Validation], HttpResponse]


def dead(request: HttpRequest) -> HttpResponse:
    """The one page for dead links: unknown, forged, expired, used and revoked ones get the very same answer."""
    brands.wear(request, brands.provider())  # whoever's link it was
    response = render(request, "invitations/dead.html", status=410)
    if request.headers.get("HX-Request"):  # a poll must not put a page into a page
        response["HX-Refresh"] = "true"
    return response


def invited(view: Answering) -> Callable[[HttpRequest, UUID], HttpResponse]:
    """Only with this invitation's cookie, checked like its link; renewed at each answer."""

    @wraps(view)
    def wrapped(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
        invitation = cookies.admitted(request, invitation_id)
        if invitation is None:
            return _earlier_success(request, invitation_id) or dead(request)
        brands.wear(request, brands.of(invitation.channel))
        response = view(request, invitation)
        cookies.admit(response, invitation.uuid, invitation.version)
        return response

    return wrapped


def _earlier_success(request: HttpRequest, invitation_id: UUID) -> HttpResponse | None:
    """What this browser sent before has worked while its next values were typed: a secret that was merely too new."""
    own = cookies.own_validation_id(request, invitation_id)
    if request.method != "POST" or own is None:
        return None
    tried = Validation.objects.filter(pk=own, subject=invitation_id).first()
    return redirect("invitations:result", invitation_id, tried.pk) if tried and tried.signed_in else None


def own_validation(view: Reading) -> Callable[[HttpRequest, UUID, UUID], HttpResponse]:
    """Only in the browser that submitted, however dead the link is; from an older result to the newest."""

    @wraps(view)
    def wrapped(request: HttpRequest, invitation_id: UUID, validation_id: UUID) -> HttpResponse:
        own = cookies.own_validation_id(request, invitation_id)
        if own is None:
            return dead(request)
        if own != validation_id:
            return redirect("invitations:result", invitation_id, own)
        validations = Validation.objects.filter(pk=own, subject=invitation_id, purpose__in=Purpose.values)
        validation = validations.select_related("registration", "credential").first()
        invitation = (
            Invitation.objects.filter(uuid=invitation_id)
            .select_related("invited_by", "app_registration", "channel")
            .first()
        )
        if validation is None or invitation is None:
            return dead(request)
        brands.wear(request, brands.of(invitation.channel))
        response = view(request, invitation, validation)
        cookies.show_result(response, invitation_id, own)
        return response

    return wrapped
