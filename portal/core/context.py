"""What every page may say."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from portal.core.logs import request_id
from portal.core.roles import Action


def portal(request: HttpRequest) -> dict[str, Any]:
    """The provider's name and contact, the request's id, and what the operator may do somewhere."""
    user = getattr(request, "user", None)
    allowed = {action.value: user.may(action) for action in Action} if user and user.is_authenticated else {}
    return {
        "provider_name": settings.PROVIDER_NAME,
        "provider_email": settings.PROVIDER_EMAIL,
        "provider_phone": settings.PROVIDER_PHONE,
        "request_id": request_id.get(),
        "may": allowed,
    }
