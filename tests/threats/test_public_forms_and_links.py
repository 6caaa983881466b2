"""Whatever is sent to a page that needs no sign-in: it answers, strictly, and no other host is asked or led to."""

import json
import re
import traceback
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlencode, urlsplit

import pytest
from allauth.account.utils import user_pk_to_url_str
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver
from hypothesis import HealthCheck, example, given, settings

from m365.models import Validation
from m365.tasks import drain_validations
from portal.core.accounts.tokens import OneUse
from portal.core.logos import Logo
from portal.core.pictures import Picture
from tests.conftest import PASSWORD, clear_limits
from tests.connections import watched
from tests.invitations.conftest import ask, follow, moewe, new_browser  # noqa: F401 (fixtures)
from tests.renewal import answer as send_secret
from tests.signing_in import code_for
from tests.threats.anything import FORM, Sent, encoded, quoted, requests

pytestmark = pytest.mark.django_db
METRICS_TOKEN = "a token of the tests"
THREE_VALUES = ("tenant_id", "client_id", "client_secret")


@dataclass(frozen=True)
class Page:
    """Who may come in there, by the name of a fixture below, the fields that it reads, and what GET is answered."""

    living: str = "nobody"
    fields: tuple[str, ...] = ()
    status: int = 200


# Whoever adds a page that needs no account adds it here: else `test_every_public_page_is_tried` fails.
PAGES = {
    "healthz": Page(),
    "metrics": Page(),
    "livez": Page(),
    "readyz": Page(),
    "account_login": Page("nobody", ("login", "password", "next")),
    "account_logout": Page("halfway", ("next",), 302),
    "account_inactive": Page(),
    "account_reset_password": Page("nobody", ("email", "next")),
    "account_reset_password_done": Page(),
    "account_reset_password_from_key": Page("halfway", ("password1", "password2", "next")),
    "account_reset_password_from_key_done": Page(),
    "mfa_authenticate": Page("halfway", ("code", "credential", "next")),
    "mfa_login_webauthn": Page("challenged", ("credential", "next"), 302),
    "brand_style": Page("branded"),
    "brand_logo": Page("branded"),
    "csp_reports": Page(status=405),
    "invitations:enter": Page("invited", status=302),
    "invitations:welcome": Page("invited"),
    "invitations:values": Page("invited", THREE_VALUES),
    "invitations:result": Page("answered"),
    "invitations:steps": Page("answered"),
    "invitations:end_of_secret": Page("answered", ("ends_on",), 302),
    "invitations:guide": Page(),
    "invitations:permissions": Page(),
    "invitations:manifest": Page(),
    "invitations:powershell": Page(),
    "invitations:bash": Page(),
    "invitations:renewal": Page(),
}


def public_routes(resolver=None, prefix="/", namespace=""):
    """Name and route of each page that is answered without a sign-in."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if not isinstance(pattern, URLPattern):
            inner = f"{pattern.namespace}:" if pattern.namespace else namespace
            yield from public_routes(pattern, route, inner)
        elif not getattr(pattern.callback, "login_required", True):
            yield namespace + (pattern.name or route.strip("/")), route


ROUTES = dict(public_routes())


@dataclass(frozen=True)
class Living:
    """What belongs into the parts of a path, by their names, and the cookies of who may come in."""

    parts: dict[str, str]
    cookies: tuple[tuple[str, str], ...] = ()


def cookies_of(browser):
    return tuple((name, morsel.value) for name, morsel in browser.cookies.items())


@pytest.fixture
def nobody(db):
    return Living({})


@pytest.fixture
def halfway(olga):
    """Olga's password was right; her code and the choice of another password are awaited."""
    browser = Client()
    code_for(olga)
    browser.post("/sign-in/", {"login": olga.email, "password": PASSWORD})
    parts = {"uidb36": user_pk_to_url_str(olga), "key": OneUse().make_token(olga)}
    browser.get(f"/account/choose-password/{parts['uidb36']}-{parts['key']}/")
    return Living(parts | {"key": "set-password"}, cookies_of(browser))


@pytest.fixture
def challenged(db):
    """Somebody has pressed the button for passkeys, so that an answer to a challenge is awaited."""
    browser = Client()
    browser.get("/account/passkeys/sign-in/", headers={"X-Requested-With": "XMLHttpRequest"})
    return Living({}, cookies_of(browser))


@pytest.fixture
def branded(channel):
    logo = Logo.of(Picture(b"\x89PNG as it were", "image/png"))
    logo.keep()
    channel.accent, channel.logo = "#0b5c9a", logo
    channel.save()
    return Living({"channel_id": str(channel.pk), "colour": "0b5c9a", "digest": logo.hash})


@pytest.fixture
def invited(service):
    browser, invitation = Client(), service.invitation
    follow(browser, invitation)
    token = urlsplit(invitation.link).path.split("/")[2]
    return Living({"token": token, "invitation_id": str(invitation.uuid)}, cookies_of(browser))


@pytest.fixture
def answered(ask, moewe):  # noqa: F811
    """The secret worked, and the tenant does not tell when it ends, so that the customer is asked."""
    moewe.app.revoke("Application.Read.All")
    invitation, browser = ask(14), Client()
    send_secret(browser, invitation, moewe.app.add_secret(ends_in_days=300).value)
    drain_validations()
    parts = {
        "invitation_id": str(invitation.uuid),
        "validation_id": str(Validation.objects.latest("created_at").pk),
    }
    return Living(parts, cookies_of(browser))


@pytest.fixture
def live(request, settings, alive, entra):
    """`live("account_login")`: what is living there; the settings are those behind a proxy that is believed."""
    settings.SECURE_PROXY_SSL_HEADER, settings.PROXIES = ("HTTP_X_FORWARDED_PROTO", "https"), 1
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = False
    settings.METRICS_TOKEN = METRICS_TOKEN
    return lambda name: request.getfixturevalue(PAGES[name].living)


@cache
def browser(strict):
    return Client(enforce_csrf_checks=strict, raise_request_exception=False)


def path_of(name, living, sent):
    given = iter(sent.parts)
    return re.sub(r"<\w+:(\w+)>", lambda part: next(given) or living.parts[part[1]], ROUTES[name])


def answer_to(name, living, sent):
    """Of a portal in which a minute has passed since the last request, if that is what it takes."""
    own = living.parts.get("invitation_id", "")
    cookies = [*(living.cookies if sent.living else ()), *sent.cookies]
    cookie = "; ".join(f"{key.format(id=own)}={value}" for key, value in cookies)
    for _ in range(2):
        answer = browser(sent.strict).generic(
            sent.method,
            path_of(name, living, sent),
            sent.content[1],
            sent.content[0],
            **{"HTTP_AUTHORIZATION": f"Bearer {METRICS_TOKEN}"} | sent.headers,
            QUERY_STRING=sent.query,
            HTTP_COOKIE=cookie,
        )
        if answer.status_code != 429:
            break
        clear_limits()
    return answer


def check(name, living, sent):
    """Sends it, lets the workers do what it started, and forgets all of it."""
    with watched() as (_heard, foreign), transaction.atomic():
        answer = answer_to(name, living, sent)
        if answer.status_code == 302 and name == "invitations:values":
            drain_validations()
        transaction.set_rollback(True)

    assert answer.status_code < 500, "".join(traceback.format_exception(*answer.exc_info or (None,) * 3))
    assert foreign == []
    assert urlsplit(answer.get("Location", "")).netloc in ("", "testserver")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] in ("same-origin", "no-referrer")
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    return answer


def answered_by_passkey(text):
    return Sent("POST", content=(FORM, urlencode({"credential": text}).encode()))


def passkey(**document):
    return answered_by_passkey(json.dumps(document))


CLIENT_DATA = {"type": "webauthn.get", "challenge": "YQ", "origin": 5}
ANSWER = {
    "clientDataJSON": encoded(json.dumps(CLIENT_DATA).encode()),
    "authenticatorData": encoded(bytes(37)),
    "signature": "YQ",
}
# What strategies like these have once found, and what is too seldom for them.
FOUND = [
    ("account_logout", Sent(query="next=https://evil.example/")),
    ("account_logout", Sent("POST", query="next=//evil.example/", living=False)),
    ("account_inactive", Sent(query="next=https://[")),
    ("account_login", Sent("POST", query="next=https://[", living=False)),
    ("account_login", Sent(cookies=(("session", quoted(b"\0" * 32)),), living=False)),
    ("mfa_login_webauthn", Sent("POST", cookies=(("session", quoted(b"\0" * 32)),), living=False)),
    ("mfa_login_webauthn", passkey(id="YQ")),
    ("mfa_login_webauthn", passkey(rawId=5)),
    ("mfa_login_webauthn", passkey(rawId="YQ", response=[])),
    ("mfa_login_webauthn", passkey(rawId="YQ", response={"clientDataJSON": "e30"})),
    ("mfa_login_webauthn", passkey(rawId="YQ", response=ANSWER | {"authenticatorData": "YQ"})),
    ("mfa_login_webauthn", passkey(rawId="YQ", response=ANSWER | {"userHandle": {}})),
    ("mfa_login_webauthn", answered_by_passkey("[" * 9_000)),
    ("mfa_login_webauthn", answered_by_passkey("9" * 9_000)),
    ("mfa_authenticate", answered_by_passkey("[" * 9_000)),
    ("mfa_authenticate", answered_by_passkey("9" * 9_000)),
    ("mfa_authenticate", passkey(id="YQ")),
    ("mfa_authenticate", passkey(rawId="YQ", response=ANSWER)),
]


def test_every_public_page_is_tried():
    assert PAGES.keys() == ROUTES.keys()


@pytest.mark.parametrize("name", PAGES)
def test_anything_is_answered(live, name):
    page, living = PAGES[name], live(name)
    # Else everything below would be sent to a closed door.
    assert check(name, living, Sent()).status_code == page.status
    has_more = page.fields or page.living != "nobody"

    @settings(max_examples=30 if has_more else 10, deadline=None, suppress_health_check=list(HealthCheck))
    @given(requests(page.fields))
    def send(sent):
        check(name, living, sent)

    for page_of, sent in FOUND:
        if page_of == name:
            send = example(sent)(send)
    send()
