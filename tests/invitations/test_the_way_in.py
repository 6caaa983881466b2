"""The link, the cookie, and the one page for everything that is dead."""

import logging
import re
import time
from datetime import timedelta
from http.cookies import SimpleCookie
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from invitations import links
from invitations.models import Invitation, Purpose
from m365.permissions import PERMISSIONS
from portal.core.clock import now
from portal.core.journal import JournalEntry
from portal.core.logs import JsonFormatter
from tests.conftest import actor_for, make_service
from tests.invitations.conftest import facts_of, follow, page


def test_t06_the_link_is_exchanged_for_a_cookie_and_a_clean_address(new_browser, invitation, settings):
    answer = follow(new_browser(), invitation)

    assert (answer.status_code, answer["Location"]) == (302, f"/invitation/{invitation.uuid}/")
    assert (answer["Referrer-Policy"], answer["Cache-Control"]) == ("no-referrer", "no-store")
    assert list(answer.cookies) == [f"{settings.COOKIE_PREFIX}invitation-{invitation.uuid}"]
    cookie = next(iter(answer.cookies.values()))
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["max-age"], cookie["domain"]) == (
        True,
        "Lax",
        "/",
        43200,
        "",
    )


def test_over_https_the_cookie_is_bound_to_this_very_host(new_browser, invitation, settings):
    settings.HTTPS, settings.COOKIE_PREFIX = True, "__Host-"

    cookie = next(iter(follow(new_browser(), invitation).cookies.values()))

    assert (cookie.key.startswith("__Host-invitation-"), cookie["secure"], cookie["path"]) == (
        True,
        True,
        "/",
    )


def test_t06_pages_keep_the_referrer_on_this_site_stay_out_of_caches_and_make_no_session(ida, invitation):
    for name in ("welcome", "values"):
        answer = ida.get(page(name, invitation))

        assert answer.status_code == 200
        assert (answer["Referrer-Policy"], answer["Cache-Control"]) == ("same-origin", "no-store")
        assert not any("session" in cookie for cookie in ida.cookies)


def test_every_answer_renews_the_cookie(ida, invitation):
    name = f"invitation-{invitation.uuid}"
    soon = links.sign_until(f"cookie.invitation.{invitation.uuid}", invitation.uuid, 1, 30)
    ida.cookies[name] = soon

    ida.get(page("welcome", invitation))

    assert int(ida.cookies[name].value.partition(".")[0]) > time.time() + 43000


def test_the_welcome_says_who_invites_for_what_and_until_when(ida, invitation):
    text = ida.get(page("welcome", invitation)).content.decode()

    for words in (
        "Olga",
        "Nordhafen Voice",
        "+49 40 5550 100",
        "Brightwater Dental Group",
        "Brightwater Dental, London",
    ):
        assert words in text
    assert f"invitation {invitation.id}" in text
    assert "Use App Registration" in text


def test_the_welcome_says_what_is_needed_before_which_permissions_and_why_and_what_changes(ida, invitation):
    text = ida.get(page("welcome", invitation)).content.decode()

    needed = text.partition("What you need before you begin")[2].partition("<h2>")[0]
    assert "<b>Application Administrator</b>" in needed
    assert "<b>Privileged Role Administrator</b>" in needed
    for name, asked in PERMISSIONS.items():
        assert f'{escape(asked.reason)}<small class="tl-sub"><code>{name}</code>' in text
    assert "What changes in your tenant is what you add yourself" in text
    assert "You may forward the mail to a colleague." in text
    assert "Close the page and use the link again until" in text


@pytest.mark.parametrize("name", ["welcome", "values"])
def test_guide_and_permission_table_open_beside_so_that_nothing_typed_is_lost(ida, invitation, name):
    text = ida.get(page(name, invitation)).content.decode()

    links_to_guide = [tag for tag in re.findall(r"<a [^>]*>", text) if reverse("invitations:guide") in tag]
    assert len(links_to_guide) >= 2
    assert [tag for tag in links_to_guide if 'target="_blank"' not in tag] == []


@pytest.mark.parametrize("name", ["welcome", "values"])
def test_an_operator_is_told_that_an_answer_from_here_bears_their_name(as_olga, ida, invitation, name):
    follow(as_olga, invitation)

    assert "name you: Olga." in as_olga.get(page(name, invitation)).content.decode()
    assert "You are signed in" not in ida.get(page(name, invitation)).content.decode()


def make_dead(invitation, olga, death):
    """Kills the invitation; the path of its link."""
    path = urlsplit(invitation.link).path
    if death == "expired":
        Invitation.objects.update(expires_at=now() - timedelta(seconds=1))
    elif death == "used":
        Invitation.objects.update(authenticated_at=now())
    elif death in ("held", "locked"):
        Invitation.objects.update(**{f"{death}_at": now()})
    elif death == "revoked":
        invitation.revoke(actor_for(olga))
    elif death == "replaced":
        invitation.resend(invitation.email, actor_for(olga))
    elif death == "unknown":
        path = f"/i/{links.sign(Purpose.ACTIVATE, uuid4(), 1)}/"
    elif death == "forged":
        path = f"{path[:-2]}{'A' if path[-2] != 'A' else 'B'}/"
    elif death == "nonsense":
        path = "/i/hello/"
    return path


DEATHS = ["expired", "used", "held", "locked", "revoked", "replaced", "unknown", "forged", "nonsense"]


@pytest.mark.parametrize("death", DEATHS)
def test_t09_every_dead_link_gets_the_very_same_answer(new_browser, invitation, olga, death):
    forged = facts_of(new_browser().get("/i/no-link-at-all/"))

    dead = facts_of(new_browser().get(make_dead(invitation, olga, death)))

    assert dead == forged
    assert dead[0] == 410
    assert b"+49 40 5550 100" in dead[2]


@pytest.mark.parametrize("death", DEATHS[:6])
def test_a_cookie_dies_with_its_link(ida, invitation, olga, death):
    forged = facts_of(ida.get("/i/no-link-at-all/"))
    make_dead(invitation, olga, death)

    answers = [ida.get(page("welcome", invitation)), ida.get(page("values", invitation))]
    answers.append(ida.post(page("values", invitation), {"client_secret": "too late"}))

    assert [facts_of(answer) for answer in answers] == [forged] * 3


def test_without_the_cookie_the_clean_address_opens_nothing(new_browser, invitation):
    stranger = new_browser()

    assert {stranger.get(page(name, invitation)).status_code for name in ("welcome", "values")} == {410}


def test_t10_a_forged_link_and_a_forged_cookie_ask_no_database(new_browser, invitation):
    browser = new_browser()
    token = links.sign(Purpose.ACTIVATE, invitation.uuid, 2)[:-1] + "_"
    browser.cookies = SimpleCookie({f"invitation-{invitation.uuid}": f"99999999999.{token}"})
    validation = uuid4()
    paths = [f"/i/{token}/", page("welcome", invitation), page("values", invitation)]
    paths += [page("result", invitation, validation), page("steps", invitation, validation)]

    with CaptureQueriesContext(connection) as queries:
        statuses = {browser.get(path).status_code for path in paths}

    assert (statuses, [query["sql"] for query in queries]) == ({410}, [])


def test_t09_all_validly_signed_links_cost_the_same_queries(new_browser, invitation, olga):
    counts = set()
    for path in (
        urlsplit(invitation.link).path,
        make_dead(invitation, olga, "unknown"),
        make_dead(invitation, olga, "revoked"),
    ):
        with CaptureQueriesContext(connection) as queries:
            new_browser().get(path)
        counts.add(len(queries))

    assert counts == {1}


def test_a_cookie_of_one_invitation_opens_no_other(ida, invitation, customer, olga):
    other = make_service(customer, olga, "second", invite="it@second.example").invitation
    stolen = ida.cookies[f"invitation-{invitation.uuid}"].value

    ida.cookies[f"invitation-{other.uuid}"] = stolen

    assert ida.get(page("welcome", other)).status_code == 410


def test_two_invitations_open_in_one_browser_do_not_mix(ida, invitation, customer, olga):
    other = make_service(
        customer, olga, "second", full_name="The Second", invite="it@second.example"
    ).invitation
    follow(ida, other)

    first, second = (ida.get(page("welcome", each)).content.decode() for each in (invitation, other))

    assert ("The Second" in first, "The Second" in second) == (False, True)


def test_t03_scanners_may_open_the_link_as_often_as_they_like(new_browser, invitation):
    before = Invitation.objects.values().get(), JournalEntry.objects.count()
    scanner = new_browser()

    for _ in range(25):
        scanner.head(urlsplit(invitation.link).path)
        follow(scanner, invitation)
        scanner.get(page("welcome", invitation))

    assert (Invitation.objects.values().get(), JournalEntry.objects.count()) == before
    assert follow(new_browser(), invitation).status_code == 302


def test_a_link_is_only_read(new_browser, invitation):
    assert new_browser().post(urlsplit(invitation.link).path).status_code == 405


def test_an_operator_may_open_the_link_too(as_olga, invitation):
    follow(as_olga, invitation)

    assert as_olga.get(page("welcome", invitation)).status_code == 200


def test_a_poll_of_a_dead_page_loads_the_page_anew(new_browser, invitation):
    answer = new_browser().get(page("steps", invitation, uuid4()), headers={"HX-Request": "true"})

    assert (answer.status_code, answer["HX-Refresh"]) == (410, "true")


def test_no_log_line_holds_a_usable_link(new_browser, invitation, caplog):
    path = urlsplit(invitation.link).path

    new_browser().post(path)
    logging.getLogger("a.library").warning("Method Not Allowed: %s", path)  # as Django does

    written = [JsonFormatter().format(record) for record in caplog.records]
    assert any("/i/•••/" in line for line in written)
    assert not any(path in line for line in written)


def test_a_machine_that_tries_values_is_asked_to_wait(ida, invitation):
    answers = [
        ida.post(page("values", invitation), {"client_secret": "guess"}).status_code for _ in range(21)
    ]

    assert answers == [200] * 20 + [429]
    assert ida.get(page("values", invitation)).status_code == 200
