"""Error pages: plain words, and the id under which the log tells what happened. They ask nothing of the database."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal.core.context import portal


def _page(request: HttpRequest, name: str, status: int) -> HttpResponse:
    return render(request, name, portal(request) if status != 500 else None, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, "400.html", 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, "403.html", 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, "404.html", 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return _page(request, "500.html", 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was open too long or came from another page; nothing was done."""
    return _page(request, "403_csrf.html", 403)
