"""T24: whoever tries passwords is stopped before anything is hashed, and the account's owner is not locked out."""

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from portal.core.accounts.devices import COOKIE
from portal.core.accounts.passwords import NotBreached, NotOfThisPlace
from portal.core.journal import JournalEntry
from tests.conftest import PASSWORD, make_operator
from tests.signing_in import sign_in

LOGIN = reverse("account_login")


@pytest.fixture
def hashed(monkeypatch):
    """How often a password was hashed: the costly step."""
    count = []
    real = Argon2PasswordHasher.verify

    def counted(self, password, encoded):
        count.append(1)
        return real(self, password, encoded)

    monkeypatch.setattr(Argon2PasswordHasher, "verify", counted)
    return count


def guess(client, email, password="wrong", **where):
    return client.post(LOGIN, {"login": email, "password": password}, **where)


def test_t24_of_many_tries_at_one_account_a_few_are_hashed(olga, hashed):
    for number in range(60):
        guess(Client(REMOTE_ADDR=f"198.51.100.{number}"), olga.email)

    assert len(hashed) <= 5


def test_t24_of_many_tries_from_one_address_a_few_are_hashed(channel, hashed):
    client = Client(REMOTE_ADDR="198.51.100.7")
    people = [make_operator(f"person{number}@nordhafen.example", channel) for number in range(20)]
    for person in people:
        guess(client, person.email)

    assert len(hashed) <= 10


def test_t24_the_owner_comes_in_with_the_browser_of_every_day_while_others_are_stopped(olga):
    every_day = Client(REMOTE_ADDR="192.0.2.10")
    sign_in(every_day, olga)
    every_day.post(reverse("account_logout"))
    for number in range(10):
        guess(Client(REMOTE_ADDR=f"198.51.100.{number}"), olga.email)

    stranger = guess(Client(REMOTE_ADDR="198.51.100.99"), olga.email, PASSWORD)
    owner = guess(every_day, olga.email, PASSWORD)

    assert "Too many tries" in stranger.content.decode()
    assert owner["Location"] == reverse("mfa_authenticate")


def test_t24_a_known_browser_has_a_limit_of_its_own(olga):
    every_day = Client(REMOTE_ADDR="192.0.2.10")
    sign_in(every_day, olga)
    every_day.post(reverse("account_logout"))

    for _ in range(5):
        guess(every_day, olga.email)

    assert "Too many tries" in guess(every_day, olga.email, PASSWORD).content.decode()


def test_t24_a_browser_known_to_one_account_is_a_stranger_to_another(olga, max_):
    browser = Client(REMOTE_ADDR="192.0.2.10")
    sign_in(browser, olga)
    browser.post(reverse("account_logout"))
    for number in range(5):
        guess(Client(REMOTE_ADDR=f"198.51.100.{number}"), max_.email)

    assert "Too many tries" in guess(browser, max_.email, PASSWORD).content.decode()


def test_t24_an_altered_cookie_makes_no_browser_known(olga):
    browser = Client(REMOTE_ADDR="192.0.2.10")
    sign_in(browser, olga)
    browser.post(reverse("account_logout"))
    browser.cookies[COOKIE] = "x" + browser.cookies[COOKIE].value
    for number in range(5):
        guess(Client(REMOTE_ADDR=f"198.51.100.{number}"), olga.email)

    assert "Too many tries" in guess(browser, olga.email, PASSWORD).content.decode()


def test_t24_the_cookie_is_for_this_host_and_no_script_and_names_nobody(olga, client):
    sign_in(client, olga)
    cookie = client.cookies[COOKIE]

    assert (cookie["httponly"], cookie["samesite"], cookie["domain"]) == (True, "Lax", "")
    assert "olga" not in cookie.value


def test_t24_refusals_are_journalled_with_their_source_for_accounts_that_exist(olga):
    guess(Client(REMOTE_ADDR="198.51.100.7"), olga.email)
    guess(Client(REMOTE_ADDR="198.51.100.7"), "nobody@nordhafen.example", "typed into the wrong field")

    [entry] = JournalEntry.objects.filter(verb="sign_in.refused")
    assert (entry.about, entry.detail.source, entry.detail.values) == ([olga.pk], "198.51.100.7", {})


BREACHED = ["hello world hello world", "correct horse battery staple", "nordhafen nordhafen", "a", "z" * 40]


@pytest.fixture
def breached(tmp_path):
    """A file as Have I Been Pwned gives it: lines of hash and count, in order."""
    from hashlib import sha1

    lines = sorted(
        f"{sha1(word.encode(), usedforsecurity=False).hexdigest().upper()}:{len(word)}" for word in BREACHED
    )
    file = tmp_path / "breached.txt"
    file.write_text("\r\n".join(lines))
    return NotBreached(str(file))


@pytest.mark.parametrize("password", BREACHED)
def test_t24_a_password_of_the_file_is_refused(breached, password):
    with pytest.raises(ValidationError, match="known from a breach"):
        breached.validate(password)


@pytest.mark.parametrize("password", ["", "b", "another sentence to remember", "Hello world hello world"])
def test_t24_another_one_is_not(breached, password):
    breached.validate(password)


def test_t24_without_a_file_nothing_is_looked_up():
    NotBreached("").validate("correct horse battery staple")


@pytest.mark.parametrize("password", ["trunkline2026", "Trunkline-Nordhafen", "nordhafennordhafen"])
def test_t24_the_names_of_this_place_are_no_password(settings, password):
    settings.PROVIDER_NAME = "Nordhafen Voice"
    with pytest.raises(ValidationError):
        NotOfThisPlace().validate(password)


@pytest.mark.parametrize("password", ["seven herons over trunkline", "grey herons stand on one leg"])
def test_t24_a_sentence_may_name_it(settings, password):
    settings.PROVIDER_NAME = "Nordhafen Voice"
    NotOfThisPlace().validate(password)
