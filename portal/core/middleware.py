"""An id for each request, the way to the sign-in, and the operator's own time zone."""

import time
import zoneinfo
from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.utils import timezone

from portal.core.logs import EventLog, new_request_id, request_id, working_on
from portal.core.tenancy import OperatorRequest

log = EventLog(__name__)
# What asks every few seconds whether the portal lives.
PROBES = ("livez", "readyz", "healthz", "metrics")

GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """Outermost: the id stands in every log line, on the error page and in the answer's headers."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with working_on(new_request_id()):
            began = time.monotonic()
            response = self.get_response(request)
            response["X-Request-Id"] = request_id.get()
            self._log(request, response, round((time.monotonic() - began) * 1000))
            return response

    def _log(self, request: HttpRequest, response: HttpResponse, ms: int) -> None:
        """One line a request, by its route, for a path may hold a link; files and probes are for the curious."""
        match = request.resolver_match
        route = (match.view_name if match.url_name else match.route) if match else ""
        write = log.debug if response.status_code < 400 and route in ("", *PROBES) else log.info
        write("request", method=request.method, route=route, status=response.status_code, ms=ms)


# Under this name the session keeps which of several roles the operator has chosen.
ACTS_IN = "acts_in"
# All that a password alone opens: where the second factor is set up.
SETTING_UP = {
    "mfa_index",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_view_recovery_codes",
    "account_reauthenticate",
}


class SignInMiddleware(LoginRequiredMiddleware):
    """Leads to the sign-in and back. Whoever sent a form is told what became of it, and led back to its page.

    Whoever has no second factor yet is led to where one is set up, and nowhere else.
    """

    NOT_STORED = (
        "You had been signed out meanwhile, so what you just sent was not stored, and nothing was changed. "
        "What was stored before is kept: sign in, and you are back where you were."
    )

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., Any],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        refused = super().process_view(request, view_func, view_args, view_kwargs)
        if refused or not getattr(view_func, "login_required", True):
            return refused
        operator = cast(OperatorRequest, request).user
        operator.acts_in = request.session.get(ACTS_IN, "")
        route = request.resolver_match.url_name if request.resolver_match else ""
        if route in SETTING_UP or operator.second_factor_since:
            return None
        return redirect("mfa_index")

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseRedirect:
        if request.method in ("GET", "HEAD"):
            return super().handle_no_permission(request, view_func)
        messages.warning(request, self.NOT_STORED)
        return redirect_to_login(self._page_of_the_form(request))

    @staticmethod
    def _page_of_the_form(request: HttpRequest) -> str:
        """By the referrer, which is ours to see on this site: the address that was posted to may be no page."""
        referrer, home = request.headers.get("Referer", ""), f"{request.scheme}://{request.get_host()}"
        ours = referrer.startswith(f"{home}/")
        return referrer.removeprefix(home).partition("#")[0] if ours else resolve_url("dashboard")


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
