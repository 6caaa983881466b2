"""What a browser sends for a passkey and is no answer: told as a wrong code is, whoever is asked and wherever."""

import json

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from tests.signing_in import code_for, freshly

UNREADABLE = [
    "",
    "[",
    "[" * 9_000,
    "9" * 9_000,
    "null",
    "5",
    "[]",
    "{}",
    json.dumps({"id": "YQ"}),
    json.dumps({"rawId": 5}),
    json.dumps({"rawId": "YQ", "id": "YQ", "response": []}),
    json.dumps({"rawId": "YQ", "id": "YQ", "response": {"clientDataJSON": "e30"}}),
    json.dumps({"rawId": "YQ", "id": "YQ", "response": {"clientDataJSON": "e30", "attestationObject": "YQ"}}),
]


@pytest.fixture
def signed_in(as_olga, olga):
    code_for(olga)  # she has an app already
    return freshly(as_olga)


@pytest.mark.parametrize("text", UNREADABLE, ids=lambda text: text[:30])
@pytest.mark.parametrize("page", ["mfa_add_webauthn", "mfa_reauthenticate_webauthn"])
def test_what_is_no_answer_of_a_passkey_is_refused(signed_in, page, text):
    answer = signed_in.post(reverse(page), {"name": "Key", "credential": text})

    assert answer.status_code in (200, 302)
    assert not Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN).exists()
