"""How long being signed in lasts: not past a silence, and not past a working day."""

import time
from collections.abc import Callable
from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.signals import user_logged_in as came_in
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

BEGAN, SEEN = "signed_in_at", "seen_at"
# What is seen is written so seldom that pages stay without a write.
GRAIN_SECONDS = 60
ENDED = "You were signed out because nothing had happened here for a while. What was stored is kept."


@receiver(came_in)
def confirmed(request: HttpRequest, **_signal: Any) -> None:
    """A sign-in of a moment ago is confirmation enough: allauth would ask for the password once more at once."""
    records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY)
    if records:
        request.session[AUTHENTICATION_METHODS_SESSION_KEY] = [
            *records[:-1],
            records[-1] | {"reauthenticated": True},
        ]


@receiver(user_logged_in)
def begins(request: HttpRequest, **_signal: Any) -> None:
    request.session[BEGAN] = request.session[SEEN] = int(time.time())


class SessionLifeMiddleware:
    """Ends a session that nobody has used for SESSION_IDLE, or that is older than SESSION_LASTS."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session:
            self._look_at(request)
        return self.get_response(request)

    def _look_at(self, request: HttpRequest) -> None:
        session, now = request.session, int(time.time())
        began, seen = session.get(BEGAN, 0), session.get(SEEN, 0)  # of a former release: it ends
        if (
            now - seen > settings.SESSION_IDLE.total_seconds()
            or now - began > settings.SESSION_LASTS.total_seconds()
        ):
            logout(request)
            messages.info(request, ENDED)
        elif now - seen >= GRAIN_SECONDS:
            session[SEEN] = now
