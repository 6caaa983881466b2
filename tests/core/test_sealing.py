"""Secrets at rest."""

import base64
import os

import pytest

from m365.models import Credential
from portal.core import sealing
from portal.core.sealing import Unsealable, seal_into, unseal
from portal.core.secrets import Secret


@pytest.fixture
def sealed():
    credential = Credential()
    seal_into(credential, "sealed_secret", Secret("the canary sings"))
    return credential


def new_key():
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def test_what_was_sealed_opens_again(sealed):
    assert unseal(sealed, "sealed_secret").reveal() == "the canary sings"


def test_the_stored_text_does_not_hold_the_secret(sealed):
    assert "canary" not in sealed.sealed_secret
    assert sealed.sealed_secret.startswith("v1.")


def test_another_rows_ciphertext_does_not_open(sealed):
    thief = Credential(sealed_secret=sealed.sealed_secret)

    with pytest.raises(Unsealable):
        unseal(thief, "sealed_secret")


def test_an_altered_ciphertext_does_not_open(sealed):
    head, _, text = sealed.sealed_secret.rpartition(".")
    raw = bytearray(base64.urlsafe_b64decode(text))
    raw[-1] ^= 1
    sealed.sealed_secret = f"{head}.{base64.urlsafe_b64encode(raw).decode()}"

    with pytest.raises(Unsealable):
        unseal(sealed, "sealed_secret")


def test_an_empty_column_does_not_open():
    with pytest.raises(Unsealable):
        unseal(Credential(), "sealed_secret")


def test_a_new_first_key_seals_and_the_old_one_still_opens(sealed, settings):
    settings.SEALING_KEYS = [new_key(), *settings.SEALING_KEYS]
    newer = Credential()
    seal_into(newer, "sealed_secret", Secret("newer"))

    assert unseal(sealed, "sealed_secret").reveal() == "the canary sings"
    assert sealed.sealed_secret.split(".")[1] != newer.sealed_secret.split(".")[1]


def test_without_its_key_it_stays_closed(sealed, settings):
    settings.SEALING_KEYS = [new_key()]

    with pytest.raises(Unsealable):
        unseal(sealed, "sealed_secret")


def test_every_sealed_column_is_registered():
    assert sealing.sealed_columns() == [(Credential, "sealed_secret")]


def test_a_secret_is_not_printed_by_accident():
    secret = Secret("the canary sings")

    assert "canary" not in f"{secret} {secret!r} {[secret]} {secret!s}"
