"""The list of services."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal.core.pages import Keyset
from portal.core.roles import Action
from portal.core.tenancy import OperatorRequest
from services.models import Service
from services.views.search import asked_for


def services(request: HttpRequest) -> HttpResponse:
    """Living services by short name, with what each needs next."""
    user, text = cast(OperatorRequest, request).user, asked_for(request)
    mine = Service.objects.managed_by(user).living().matching(text).with_connection()
    page = Keyset(mine, "short_key", "id").page(request)
    rows = [
        {"service": service, "may_add": user.may(Action.ADD_SERVICES, service.channel_id)}
        for service in page.rows
    ]
    return render(request, "services/services.html", {"page": page, "rows": rows, "q": text})
