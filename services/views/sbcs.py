"""SBCs: list, add, edit."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from portal.core.access import demand, needs
from portal.core.actors import Actor
from portal.core.pages import Keyset
from portal.core.roles import Action
from portal.core.tenancy import OperatorRequest
from services.forms import SbcForm
from services.models import Sbc


def sbcs(request: HttpRequest) -> HttpResponse:
    """SBCs by name."""
    user = cast(OperatorRequest, request).user
    page = Keyset(Sbc.objects.managed_by(user).select_related("channel"), "name", "id").page(request)
    rows = [{"sbc": sbc, "may_edit": user.may(Action.MANAGE_SBCS, sbc.channel_id)} for sbc in page.rows]
    return render(request, "services/sbcs.html", {"page": page, "rows": rows})


@needs(Action.MANAGE_SBCS)
def add_sbc(request: OperatorRequest) -> HttpResponse:
    form = SbcForm(request.POST or None, operator=request.user)
    if request.method == "POST" and form.is_valid() and form.stored(Actor.of(request)):
        messages.success(request, f"{form.instance.name} can be chosen for services now.")
        return redirect("services:sbcs")
    return render(request, "services/sbc.html", {"form": form})


@needs(Action.MANAGE_SBCS)
def edit_sbc(request: OperatorRequest, sbc_id: UUID) -> HttpResponse:
    sbc = get_object_or_404(Sbc.objects.managed_by(request.user), pk=sbc_id)
    demand(request, Action.MANAGE_SBCS, sbc)
    form = SbcForm(request.POST or None, instance=sbc, operator=request.user)
    if request.method == "POST" and form.is_valid() and form.stored(Actor.of(request)):
        messages.success(request, f"{sbc.name} is saved.")
        return redirect("services:sbcs")
    return render(request, "services/sbc.html", {"form": form})
