"""Signing in as people do: the password, then a code."""

import time

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth import SESSION_KEY
from django.urls import reverse

from tests.conftest import PASSWORD

APP_KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_for(operator):
    """A recovery code that is not used yet: what an app shows is good once in 30 seconds, and tests are quicker."""
    if not Authenticator.objects.filter(user=operator, type=Authenticator.Type.TOTP).exists():
        TOTP.activate(operator, APP_KEY)
    return RecoveryCodes.activate(operator).get_unused_codes()[0]


def sign_in(client, operator, password=PASSWORD, **fields):
    """Both steps in a test client; the last answer."""
    code = code_for(operator)
    first = client.post(reverse("account_login"), {"login": operator.email, "password": password} | fields)
    if first.status_code != 302 or first["Location"] != reverse("mfa_authenticate"):
        return first
    return client.post(reverse("mfa_authenticate"), {"code": code})


def fill_in(page, operator):
    """Both steps in a browser that shows the sign-in."""
    code = code_for(operator)
    page.get_by_label("E-mail").fill(operator.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()


def freshly(client):
    """The same client, as if it had signed in a moment ago: what is risky is not asked for again."""
    session = client.session
    record = {"method": "password", "at": time.time(), "reauthenticated": True}
    session["account_authentication_methods"] = [record]
    session["account_authentication_methods_user"] = session[SESSION_KEY]
    session.save()
    return client
