"""Signing in, and that everything but the public pages needs it."""

import pytest
from django.urls import URLPattern, get_resolver, reverse

from tests.conftest import PASSWORD
from tests.signing_in import sign_in as both_steps

# Whoever adds a page that needs no account adds it here, and says why.
PUBLIC = {
    "account_login",
    "account_logout",  # without an account it leads to sign-in
    "account_inactive",
    "account_reset_password",  # who forgot the password has no other way
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "mfa_authenticate",  # the second step of signing in
    "mfa_login_webauthn",
    "livez",
    "readyz",
    "healthz",  # for monitors; it names nobody
    "metrics",  # for those who have its token
    "brand_style",  # what a channel shows to invitees
    "brand_logo",
    "invitations:enter",
    "invitations:welcome",
    "invitations:values",
    "invitations:result",
    "invitations:steps",
    "invitations:guide",
    "invitations:end_of_secret",
    "invitations:permissions",
    "invitations:manifest",
    "invitations:powershell",
    "invitations:bash",
    "invitations:renewal",
    "csp_reports",
}
SAMPLES = {
    "uuid": "6f8d1a52-4d8e-4f3c-8d0a-0a4b3f1c2d11",
    "str": "x",
    "base36": "x",
    "slug": "x",
    "int": "1",
    "path": "x",
    "night": "2026-11-25",
}


def routes(resolver=None, prefix="", namespace=""):
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            name = f"{namespace}{pattern.name or route}"
            yield name, "/" + fill(route)
        else:
            inner = f"{pattern.namespace}:" if pattern.namespace else namespace
            yield from routes(pattern, route, inner)


def fill(route):
    for kind, sample in SAMPLES.items():
        while f"<{kind}:" in route:
            before, _, rest = route.partition(f"<{kind}:")
            route = before + sample + rest.partition(">")[2]
    return route


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "path"), sorted(routes()))
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_page_but_the_public_ones_asks_for_a_sign_in(client, name, path, method):
    answer = getattr(client, method)(path)

    to_sign_in = answer.status_code == 302 and answer["Location"].startswith(reverse("account_login"))
    assert to_sign_in or name in PUBLIC, f"{method} {path} answered {answer.status_code}"
    assert "<" not in path, "this test does not know what to put into the address"


def sign_in(client, email, password, **query):
    """The first step."""
    return client.post(reverse("account_login", query=query), {"login": email, "password": password})


def test_password_and_code_lead_to_the_dashboard(client, olga):
    answer = both_steps(client, olga)

    assert (answer.status_code, answer["Location"]) == (302, reverse("dashboard"))


def test_a_wrong_password_and_an_unknown_address_get_the_same_words(client, olga):
    words = [
        [str(error) for error in answer.context["form"].non_field_errors()]
        for answer in (
            sign_in(client, olga.email, "wrong"),
            sign_in(client, "nobody@nordhafen.example", "wrong"),
        )
    ]

    assert words[0] == words[1]
    assert words[0] == ["The e-mail address or the password is not right."]


def test_who_is_no_longer_active_gets_nowhere(client, olga):
    olga.is_active = False
    olga.save()
    sign_in(client, olga.email, PASSWORD)

    assert client.get(reverse("dashboard")).status_code == 302


def test_being_signed_in_ends_when_the_account_is_switched_off(as_olga, olga):
    assert as_olga.get(reverse("dashboard")).status_code == 200
    olga.is_active = False
    olga.save()

    assert as_olga.get(reverse("dashboard")).status_code == 302


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_t14_signing_in_leads_to_no_other_host(client, olga, target):
    answer = both_steps(client, olga, next=target)

    assert answer["Location"] == reverse("dashboard")


def test_after_many_wrong_passwords_even_the_right_one_must_wait(client, olga):
    for _ in range(10):
        sign_in(client, olga.email, "wrong")

    assert sign_in(client, olga.email, PASSWORD).status_code != 302


def test_nobody_makes_an_account_for_themselves(client):
    assert client.get("/sign-up/").status_code in (302, 404)
    assert client.get("/accounts/signup/").status_code in (302, 404)


def test_t25_behind_the_proxy_failures_of_one_client_lock_nobody_else_out(client, olga, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    for number in range(12):
        client.post(
            reverse("account_login"),
            {"login": f"nobody{number}@nordhafen.example", "password": "wrong"},
            headers={"X-Forwarded-For": "203.0.113.66"},
        )

    answer = client.post(
        reverse("account_login"),
        {"login": olga.email, "password": PASSWORD},
        headers={"X-Forwarded-For": "198.51.100.1"},
    )
    assert answer.status_code == 302
