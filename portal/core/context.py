"""What every page may say."""

from typing import Any

from django.http import HttpRequest

from portal.core import brands
from portal.core.logs import request_id
from portal.core.roles import Action


def portal(request: HttpRequest) -> dict[str, Any]:
    """Whose name and contact it bears, the request's id, what the operator may do somewhere, and their notices."""
    user = getattr(request, "user", None)
    signed_in = user if user and user.is_authenticated else None
    allowed = {action.value: signed_in.may(action) for action in Action} if signed_in else {}
    return {
        **brands.worn(request).context,
        "request_id": request_id.get(),
        "may": allowed,
        "unread_notices": signed_in.unread_notices if signed_in else 0,
    }
