"""T22: a session is its owner's alone, ends when nobody uses it, and can be ended from elsewhere."""

import time

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings as configured
from django.test import Client
from django.urls import reverse

from portal.core.accounts.sessions import BEGAN, SEEN
from portal.core.journal import JournalEntry
from tests.conftest import PASSWORD
from tests.signing_in import sign_in

HOME = reverse("dashboard")


def age(client, **seconds):
    """Let a session look as if its moments lay so long ago."""
    session = client.session
    for name, ago in seconds.items():
        session[{"began": BEGAN, "seen": SEEN}[name]] = int(time.time()) - ago
    session.save()


def test_t22_the_key_changes_at_the_sign_in(client, olga):
    client.get(reverse("account_login"))
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    before = session.session_key

    sign_in(client, olga)

    assert client.session.session_key != before
    assert (
        Client(headers={"Cookie": f"{configured.SESSION_COOKIE_NAME}={before}"}).get(HOME).status_code != 200
    )


def test_t22_the_cookie_is_for_no_script_and_ends_with_the_browser(client, olga):
    sign_in(client, olga)
    cookie = client.cookies[configured.SESSION_COOKIE_NAME]

    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", "")


@pytest.mark.parametrize(
    ("began", "seen", "goes_on"),
    [(60, 30, True), (3600, 59 * 60, True), (3700, 61 * 60, False), (12 * 3600 + 60, 5, False)],
)
def test_t22_it_ends_after_a_silence_and_after_a_working_day(as_olga, began, seen, goes_on):
    age(as_olga, began=began, seen=seen)

    answer = as_olga.get(HOME, follow=True)

    assert (answer.request["PATH_INFO"] == HOME) is goes_on
    assert ("You were signed out because" in answer.content.decode()) is not goes_on


def test_t22_one_without_its_moments_is_from_a_former_release_and_ends(as_olga):
    session = as_olga.session
    del session[BEGAN], session[SEEN]
    session.save()

    assert as_olga.get(HOME).status_code == 302


def test_t22_a_click_keeps_it_alive(as_olga):
    age(as_olga, began=3600, seen=50 * 60)
    as_olga.get(HOME)

    assert time.time() - as_olga.session[SEEN] < 60


def test_t22_it_is_listed_and_ended_from_another_browser(olga):
    here, there = Client(REMOTE_ADDR="192.0.2.10"), Client(REMOTE_ADDR="198.51.100.7")
    for client in (here, there):
        sign_in(client, olga)
    page = here.get(reverse("usersessions_list")).content.decode()
    assert "198.51.100.7" in page
    assert page.count("This browser") == 1

    here.post(reverse("usersessions_list"))

    assert (here.get(HOME).status_code, there.get(HOME).status_code) == (200, 302)
    assert UserSession.objects.count() == 1


def test_t22_it_ends_when_the_account_is_switched_off(as_olga, olga):
    olga.is_active = False
    olga.save()

    assert as_olga.get(HOME)["Location"].startswith(reverse("account_login"))


def test_t22_another_password_ends_the_sessions_elsewhere_and_not_this_one(olga):
    here, there = Client(), Client()
    for client in (here, there):
        sign_in(client, olga)

    changed = here.post(
        reverse("account_change_password"),
        {
            "oldpassword": PASSWORD,
            "password1": "grey herons stand still",
            "password2": "grey herons stand still",
        },
    )

    assert changed.status_code == 302
    assert (here.get(HOME).status_code, there.get(HOME).status_code) == (200, 302)
    assert JournalEntry.objects.filter(verb="password.changed", about=[olga.pk]).count() == 1


def test_t22_coming_and_going_are_journalled(client, olga):
    sign_in(client, olga)
    client.post(reverse("account_logout"))

    entries = JournalEntry.objects.filter(verb__startswith="sign_in.").order_by("created_at")
    assert [(entry.verb, entry.operator) for entry in entries] == [
        ("sign_in.succeeded", olga),
        ("sign_in.ended", olga),
    ]
