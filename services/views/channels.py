"""Channels: the list, adding one, and the pages of one: what it is allowed, and when it warns."""

from copy import copy
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from portal.core import brands
from portal.core.access import needs
from portal.core.actors import Actor
from portal.core.pages import Keyset
from portal.core.roles import Action
from portal.core.tenancy import Channel, OperatorRequest
from services import license_types
from services import thresholds as rules
from services.channel_forms import BrandingForm, ChannelForm, ChannelThresholdsForm
from services.forms import channels_where
from services.models import Customer


@needs(Action.MANAGE_SBCS)
def channels(request: OperatorRequest) -> HttpResponse:
    """Those that the operator sets up, by name."""
    page = Keyset(channels_where(request.user, Action.MANAGE_SBCS), "name", "id").page(request)
    customers = dict(
        Customer.objects.filter(channel__in=page.rows).values_list("channel").annotate(count=Count("id"))
    )
    rows = [{"channel": one, "customers": customers.get(one.pk, 0), **_told(one)} for one in page.rows]
    return render(request, "services/channels.html", {"page": page, "rows": rows})


@needs(Action.MANAGE_CHANNELS)
def add_channel(request: OperatorRequest) -> HttpResponse:
    form = ChannelForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and form.stored(Actor.of(request)):
        messages.success(request, f"{form.instance.name} is a channel now. Invite its first operator.")
        return redirect("services:channel", form.instance.pk)
    return render(request, "services/add_channel.html", {"form": form})


@needs(Action.MANAGE_SBCS)
def channel(request: OperatorRequest, channel_id: UUID) -> HttpResponse:
    """What the provider allows it; its own admins read that."""
    found = _channel(request, channel_id)
    form = ChannelForm(request.POST or None, instance=copy(found))
    if request.method == "POST":
        if not request.user.may(Action.MANAGE_CHANNELS):
            raise PermissionDenied(Action.MANAGE_CHANNELS.label)
        if form.is_valid() and form.stored(Actor.of(request)):
            messages.success(request, f"{form.instance.name} is saved.")
            return redirect("services:channel", channel_id)
    count = Customer.objects.filter(channel=found).count()
    return _page(request, found, "limits", form=form, customers=count, **_told(found))


@needs(Action.MANAGE_SBCS)
def warnings(request: OperatorRequest, channel_id: UUID) -> HttpResponse:
    """When its customers and operators are warned that a secret ends."""
    found = _channel(request, channel_id)
    form = ChannelThresholdsForm(request.POST or None, instance=copy(found))
    if request.method == "POST" and form.is_valid():
        form.store(Actor.of(request))
        messages.success(request, f"{found.name} is saved.")
        return redirect("services:channel_warnings", channel_id)
    return _page(request, found, "warnings", form=form, usual=rules.shown(rules.usual()))


@needs(Action.MANAGE_SBCS)
def branding(request: OperatorRequest, channel_id: UUID) -> HttpResponse:
    """How it appears in mails and in the Invitation wizard."""
    found = _channel(request, channel_id)
    form = BrandingForm(request.POST or None, request.FILES or None, instance=copy(found))
    if request.method == "POST" and form.is_valid():
        form.store(Actor.of(request))
        messages.success(request, f"{found.name} is saved.")
        return redirect("services:channel_branding", channel_id)
    return _page(request, found, "branding", form=form, shown=brands.of(found))


def _channel(request: OperatorRequest, channel_id: UUID) -> Channel:
    """Raises Http404 for one that they do not see, PermissionDenied for one that they do not set up."""
    found = get_object_or_404(channels_where(request.user, Action.SEE), pk=channel_id)
    if not request.user.may(Action.MANAGE_SBCS, found.pk):
        raise PermissionDenied(Action.MANAGE_SBCS.label)
    return found


def _told(channel: Channel) -> dict[str, Any]:
    own = channel.warn_days
    return {
        "sells": license_types.shown(license_types.sold_by(channel)),
        "days": rules.shown(own or rules.usual()),
        "usual_days": not own,
    }


def _page(request: OperatorRequest, channel: Channel, tab: str, **context: Any) -> HttpResponse:
    """A tab of the channel; the heading shows what is stored, the form what was typed."""
    return render(request, f"services/channel_{tab}.html", {"channel": channel, "tab": tab, **context})
