"""Connections: how every service is connected to Microsoft 365, and until when."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.core.pages import Keyset
from portal.core.roles import Action
from portal.core.tenancy import OperatorRequest
from services.connections import SORTS, Asked, with_services
from services.forms import channels_where
from services.views.search import asked_for


@require_safe
def connections(request: OperatorRequest) -> HttpResponse:
    asked = Asked.of(request, request.user, asked_for(request))
    page = Keyset(asked.rows(), *SORTS[asked.sort]).page(request)
    context = {
        "asked": asked,
        "page": page,
        "rows": with_services(page.rows),
        "chips": asked.chips(),
        "channels": list(channels_where(request.user, Action.SEE)),
        "by_state": asked.link(sort=""),
        "by_days": asked.link(sort="days"),
        "everyone": asked.link(show="", channel="", q="", sort=""),
    }
    return render(request, "services/connections.html", context)
