"""The list of services."""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal.core.pages import Keyset
from portal.core.roles import Action
from portal.core.tenancy import OperatorRequest
from services.models import Service
from services.models.services import ServiceQuerySet
from services.views.search import asked_for


def services(request: HttpRequest) -> HttpResponse:
    """Living services by short name, with what each needs next."""
    asked, text = cast(OperatorRequest, request), asked_for(request)
    context = {**listed(asked, Service.objects.matching(text)), "q": text}
    return render(request, "services/services.html", context)


def listed(request: OperatorRequest, found: ServiceQuerySet) -> dict[str, Any]:
    """A page of those that this operator may see, and what they may do with each."""
    mine = found.managed_by(request.user).living().with_connection()
    page = Keyset(mine, "short_key", "id").page(request)
    rows = [
        {"service": service, "may_add": request.user.may(Action.ADD_SERVICES, service.channel_id)}
        for service in page.rows
    ]
    return {"page": page, "rows": rows}
