"""Leaving a step of a pending service by Back or Cancel: what was typed there stays, but for a secret."""

from typing import cast
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from portal.core.tenancy import OperatorRequest
from services.models import Service
from services.models.editing import KEPT_OF
from services.onboarding import steps

BEFORE = {"settings": "onboarding_registration", "sip": "onboarding_settings"}


@require_POST
def back(request: HttpRequest, id: UUID, place: str) -> HttpResponse:
    service = _kept(request, id, place)
    if place in BEFORE:
        return redirect(f"services:{BEFORE[place]}", service.pk)
    return redirect("services:onboarding")


@require_POST
def cancel(request: HttpRequest, id: UUID, place: str) -> HttpResponse:
    _kept(request, id, place)
    return redirect("services:pending_invitations")


def _kept(request: HttpRequest, id: UUID, place: str) -> Service:
    if place not in KEPT_OF:
        raise Http404
    asked = cast(OperatorRequest, request)
    service = steps.service_of(asked, id)
    if service.state == Service.State.PENDING:
        steps.note_editor(asked, service)
        service.keep(place, asked.POST.dict())
    return service
