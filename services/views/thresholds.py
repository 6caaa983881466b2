"""When a channel's customers and operators are warned that a secret ends."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from portal.core.access import needs
from portal.core.actors import Actor
from portal.core.roles import Action
from portal.core.tenancy import OperatorRequest
from services import thresholds as rules
from services.forms import ChannelThresholdsForm, channels_where


@needs(Action.MANAGE_SBCS)
def thresholds(request: OperatorRequest) -> HttpResponse:
    """Each channel whose thresholds the operator may set."""
    channels = channels_where(request.user, Action.MANAGE_SBCS)
    rows = [{"channel": channel, "days": rules.shown(channel.warn_days or [])} for channel in channels]
    return render(request, "services/thresholds.html", {"rows": rows, "usual": rules.shown(rules.usual())})


@needs(Action.MANAGE_SBCS)
def edit_thresholds(request: OperatorRequest, channel_id: UUID) -> HttpResponse:
    channel = get_object_or_404(channels_where(request.user, Action.SEE), pk=channel_id)
    if not request.user.may(Action.MANAGE_SBCS, channel.pk):
        raise PermissionDenied(Action.MANAGE_SBCS.label)
    form = ChannelThresholdsForm(request.POST or None, instance=channel)
    if request.method == "POST" and form.is_valid():
        form.store(Actor.of(request))
        messages.success(request, f"{channel.name} is saved.")
        return redirect("services:thresholds")
    return render(request, "services/edit_thresholds.html", {"form": form, "channel": channel})
