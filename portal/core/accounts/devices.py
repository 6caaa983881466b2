"""Browsers in which an operator has signed in before: their wrong passwords are counted apart from everybody else's.

Whoever guesses at an account from outside is stopped after a few tries, and the operator, in the browser of every day,
is not (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"). The cookie opens nothing: it only chooses the
counter, and has a limit of its own.
"""

import secrets
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

COOKIE = f"{settings.COOKIE_PREFIX}device"
SALT = "portal.core.accounts.devices"
LASTS = timedelta(days=180)


def known(request: HttpRequest, email: str) -> str:
    """What to count this browser's tries for that account under; empty when nobody signed in with it here."""
    value = request.get_signed_cookie(COOKIE, default="", salt=SALT, max_age=LASTS)
    whose, _, device = (value or "").partition(".")
    return f"device {device}" if device and constant_time_compare(whose, _of(email)) else ""


def remember(request: HttpRequest, response: HttpResponse, email: str) -> None:
    """The sign-in in this browser succeeded: it is this operator's from now on."""
    if known(request, email.lower()):
        return
    response.set_signed_cookie(
        COOKIE,
        f"{_of(email.lower())}.{secrets.token_hex(8)}",
        salt=SALT,
        max_age=LASTS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _of(email: str) -> str:
    """The account, so that nobody reads an address out of the cookie."""
    return salted_hmac(SALT, email).hexdigest()[:32]
