"""How signing in differs from allauth's defaults."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse

from portal.core.accounts import devices, letters
from portal.core.limits import client


class Adapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "The e-mail address or the password is not right.",
        "too_many_login_attempts": "Too many tries. Wait five minutes, then try again.",
        "rate_limited": "Too many tries. Wait five minutes, then try again.",
        "incorrect_password": "This is not your password.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account for themselves."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """Whether the sign-in may lead there; nothing that is no address at all, over which allauth's stumbles."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:  # of urllib, as for "https://["
            return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Failed sign-ins are counted per client, not per proxy: else ten of them lock out everybody."""
        return client(request)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Whose wrong passwords are counted together: a known browser's apart from everybody else's."""
        email = credentials.get("email", "").strip().lower()
        return devices.known(request, email) or f"account {email}"

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **how: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **how)
        devices.remember(request, response, user.get_username())
        return response

    def send_password_reset_mail(self, user: AbstractBaseUser, email: str, context: dict[str, Any]) -> None:
        """By the outbox, as all mail; the worker makes the link, so that none is stored."""
        letters.post_way_back(user)
