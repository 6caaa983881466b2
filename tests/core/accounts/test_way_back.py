"""A forgotten password: a link to one's own address, good once and for an hour; the second factor stays."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.urls import reverse

from portal.core.accounts.tokens import WAY_BACK_LASTS, OneUse
from portal.core.outbox import OutboxMail
from portal.core.tasks import drain_mail
from tests.conftest import PASSWORD
from tests.signing_in import code_for

FORGOTTEN = reverse("account_reset_password")
NEW = "grey herons stand on one leg"


def ask(client, email):
    return client.post(FORGOTTEN, {"email": email})


def link_in(mail):
    [link] = re.findall(r"http\S+/choose-password/\S+", mail.text)
    return urlsplit(link).path


def choose(client, path, password=NEW):
    """Follow the link as a browser does, and send the form of the page that it leads to."""
    clean = client.get(path)
    if clean.status_code != 302:
        return clean
    return client.post(clean["Location"], {"password1": password, "password2": password})


@pytest.fixture
def link(client, olga, mailbox):
    ask(client, olga.email)
    drain_mail()
    [mail] = mailbox
    assert mail.to == [olga.email]
    return link_in(mail)


def test_the_link_leads_to_a_clean_address_and_a_new_password(client, olga, link):
    assert client.get(link)["Location"].endswith("-set-password/")

    answer = choose(client, link)

    assert answer["Location"] == reverse("account_reset_password_from_key_done")
    olga.refresh_from_db()
    assert olga.check_password(NEW)


def test_it_is_good_once(client, link):
    choose(client, link)

    assert "This link is worn out" in choose(client, link, "another sentence here").content.decode()


def test_the_second_factor_is_asked_for_all_the_same(client, olga, link):
    code_for(olga)
    choose(client, link)

    after = client.post(reverse("account_login"), {"login": olga.email, "password": NEW})

    assert after["Location"] == reverse("mfa_authenticate")


def test_no_link_and_no_token_stands_in_the_database(link, olga):
    key = link.rstrip("/").rpartition("/")[2]

    assert not any(key in str(value) for mail in OutboxMail.objects.values() for value in mail.values())


def test_somebody_unknown_gets_the_same_answer_and_no_mail(client, olga):
    known, unknown = (
        client.post(FORGOTTEN, {"email": email}, follow=True)
        for email in (olga.email, "nobody@nordhafen.example")
    )

    assert known.redirect_chain == unknown.redirect_chain
    assert OutboxMail.objects.count() == 1


def test_who_is_switched_off_meanwhile_gets_no_link(client, olga, mailbox):
    ask(client, olga.email)
    olga.is_active = False
    olga.save()

    drain_mail()

    assert list(mailbox) == []
    assert OutboxMail.objects.get().state == "withdrawn"


@pytest.mark.parametrize(
    ("age", "usable", "good"),
    [(59, True, True), (61, True, False), (61, False, True), (60 * 24 * 8, False, False)],
)
def test_it_lasts_an_hour_and_an_invitation_a_week(olga, monkeypatch, age, usable, good):
    if not usable:
        olga.set_unusable_password()
    made = OneUse()
    token = made.make_token(olga)
    later = OneUse()
    now = made._now() + timedelta(minutes=age)
    monkeypatch.setattr(later, "_now", lambda: now)

    assert timedelta(hours=1) == WAY_BACK_LASTS
    assert later.check_token(olga, token) is good


@pytest.mark.parametrize("password", ["short", "password123456", "olga@nordhafen.example", "trunkline2026"])
def test_a_weak_password_is_refused_beside_its_field(client, olga, link, password):
    answer = choose(client, link, password)

    assert answer.status_code == 200
    assert answer.context["form"].errors
    olga.refresh_from_db()
    assert olga.check_password(PASSWORD)
