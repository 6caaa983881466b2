"""Error pages: plain words, and the id under which the log tells what happened."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from portal.core.logs import request_id


def _page(request: HttpRequest, name: str, status: int) -> HttpResponse:
    return render(request, name, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, "400.html", 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, "403.html", 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, "404.html", 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered without the request: whoever is signed in stands in the database, which may be what failed."""
    said = {
        "request_id": request_id.get(),
        "provider_name": settings.PROVIDER_NAME,
        "provider_phone": settings.PROVIDER_PHONE,
    }
    return HttpResponse(render_to_string("500.html", said), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was open too long or came from another page; nothing was done."""
    return _page(request, "403_csrf.html", 403)
