import random
import string
import uuid
from base64 import urlsafe_b64encode
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invitations import links
from invitations.links import Claim

ALPHABET = string.ascii_letters + string.digits + "-_.~=+/: "
purposes = st.sampled_from(["activate", "renew", "cookie.invitation", "cookie.result"])
numbers = st.integers(min_value=0, max_value=2**31 - 1)


@given(purposes, st.uuids(), numbers)
def test_a_token_says_what_was_signed(purpose, subject, number):
    assert links.read(purpose, links.sign(purpose, subject, number)) == Claim(purpose, subject, number)


@given(st.uuids(), numbers)
def test_the_same_invitation_and_version_always_give_the_same_link(subject, version):
    assert links.link("activate", subject, version) == links.link("activate", subject, version)


def test_t01_every_single_changed_character_is_refused():
    token = links.sign("activate", uuid.uuid4(), 3)

    accepted = [
        changed
        for place in range(len(token))
        for character in ALPHABET
        if (changed := token[:place] + character + token[place + 1 :]) != token
        and links.read("activate", changed)
    ]

    assert accepted == []


@given(st.uuids(), numbers, st.data())
def test_a_token_that_was_cut_or_stretched_is_refused(subject, version, data):
    token = links.sign("activate", subject, version)
    cut = data.draw(st.integers(0, len(token) - 1))
    more = data.draw(st.text(alphabet=ALPHABET, min_size=1, max_size=5))

    refused = [
        links.read("activate", forged)
        for forged in (token[:cut], token[cut + 1 :], token + more, more + token)
    ]

    assert refused == [None, None, None, None]


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text):
    assert (links.read("activate", text), links.read_until("activate", text)) == (None, None)


def test_t01_a_million_guesses_are_refused():
    chance = random.Random(20261123)
    body = links.sign("activate", uuid.uuid4(), 1).partition(".")[0]

    guesses = (urlsafe_b64encode(chance.randbytes(32)).decode()[:43] for _ in range(1_000_000))

    assert not any(links.read("activate", f"{body}.{guess}") for guess in guesses)


@given(purposes, purposes, st.uuids(), numbers)
def test_a_signature_is_good_for_its_purpose_alone(signed_for, used_for, subject, number):
    token = links.sign(signed_for, subject, number)

    assert (links.read(used_for, token) is not None) == (signed_for == used_for)


def test_a_link_is_no_cookie_and_a_cookie_is_no_link():
    invitation = uuid.uuid4()
    link, cookie = links.sign("activate", invitation, 1), links.sign_until("activate", invitation, 1, 60)

    assert (links.read_until("activate", link), links.read("activate", cookie)) == (None, None)


def test_a_token_for_a_time_ends_and_cannot_be_prolonged():
    invitation = uuid.uuid4()
    living, ended = (links.sign_until("cookie", invitation, 1, seconds) for seconds in (60, 0))
    prolonged = living.replace(living.partition(".")[0], "99999999999", 1)

    assert [links.read_until("cookie", token) for token in (living, ended, prolonged)] == [
        Claim(f"cookie:{living.partition('.')[0]}", invitation, 1),
        None,
        None,
    ]


def test_a_new_key_signs_and_the_old_one_still_verifies_until_it_is_taken_away(settings):
    old, new = settings.LINK_SIGNING_KEYS[0], "a new key of sufficient length for everybody"
    invitation = uuid.uuid4()
    before = links.sign("activate", invitation, 1)

    settings.LINK_SIGNING_KEYS = [new, old]
    during = links.sign("activate", invitation, 1)
    while_both = [links.read("activate", token) is not None for token in (before, during)]
    settings.LINK_SIGNING_KEYS = [new]
    afterwards = [links.read("activate", token) is not None for token in (before, during)]

    assert (before != during, while_both, afterwards) == (True, [True, True], [False, True])


def test_the_secret_key_of_the_site_signs_no_link(settings):
    signed = links.sign("activate", uuid.UUID(int=7), 1)

    settings.SECRET_KEY = "another one"

    assert links.sign("activate", uuid.UUID(int=7), 1) == signed


def test_links_are_made_from_the_public_address_whatever_a_request_says(settings):
    settings.PUBLIC_URL = "https://connect.example"

    address = urlsplit(links.link("activate", uuid.uuid4(), 1))

    assert (address.scheme, address.netloc, address.path.startswith("/i/"), address.query) == (
        "https",
        "connect.example",
        True,
        "",
    )


@pytest.mark.parametrize("seconds", [60, timedelta(hours=12).seconds])
def test_a_token_for_a_time_is_read_while_it_lasts(seconds):
    token = links.sign_until("cookie", uuid.UUID(int=1), 2, seconds)

    claim = links.read_until("cookie", token)

    assert claim is not None
    assert (claim.subject, claim.number) == (uuid.UUID(int=1), 2)
