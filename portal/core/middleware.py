"""An id for each request, and the operator's own time zone."""

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from portal.core.logs import new_request_id, request_id, working_on

GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """Outermost: the id stands in every log line, on the error page and in the answer's headers."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with working_on(new_request_id()):
            response = self.get_response(request)
            response["X-Request-Id"] = request_id.get()
            return response


class OperatorMiddleware:
    """Shows times in the operator's zone; pages behind sign-in stay out of every cache."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        zone = getattr(request.user, "time_zone", "")
        with timezone.override(zoneinfo.ZoneInfo(zone) if zone else None):
            response = self.get_response(request)
        response.setdefault("Cache-Control", "no-store")
        return response
