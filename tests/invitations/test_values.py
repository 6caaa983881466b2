import logging
from html.parser import HTMLParser
from uuid import uuid4

import pytest
from django.test import Client

from m365 import causes
from m365.models import Credential, Validation
from portal.core.journal import JournalDetail
from portal.core.sealing import unseal
from tests.invitations.conftest import follow, page, send

TENANT, APPLICATION = "8f2c1b7e-4a60-4d5e-9c1a-2b7d90e3f514", "c41d8a02-7be3-4f19-a6d5-90e1f2ab3377"
# In no real form, so that nothing takes it for a leaked one.
CANARY = "canary-Q~-that-must-be-seen-nowhere"


def form_with(**values):
    return {"tenant_id": TENANT, "client_id": APPLICATION, "client_secret": CANARY, **values}


class Inputs(HTMLParser):
    """Attributes of every input by its name."""

    def __init__(self, response):
        super().__init__()
        self.by_name = {}
        self.feed(response.content.decode())

    def handle_starttag(self, tag, attrs):
        if tag == "input":
            self.by_name[dict(attrs)["name"]] = dict(attrs)


def test_the_three_fields_have_their_labels_and_the_secret_is_masked(ida, invitation):
    answer = ida.get(page("values", invitation))

    text, inputs = answer.content.decode(), Inputs(answer).by_name
    for name, label in {
        "tenant_id": "Customer Microsoft Tenant ID",
        "client_id": "Application (Client) ID",
        "client_secret": "Client Secret",
    }.items():
        assert f'<label class="form-label" for="id_{name}">{label}</label>' in text
        assert inputs[name]["autocomplete"] == "off"
        assert inputs[name]["aria-describedby"] == f"id_{name}_helptext"
        assert "required" in inputs[name]
    assert inputs["client_secret"]["type"] == "password"
    assert "Start authentication" in text


@pytest.mark.parametrize(
    ("field", "value", "cause"),
    [
        ("tenant_id", "brightwater", causes.MALFORMED_TENANT),
        ("tenant_id", "r.alder@brightwater.example", causes.EMAIL_FOR_ID),
        ("tenant_id", "9188040d-6c67-4c5b-b112-36a304b66dad", causes.PERSONAL_ACCOUNTS),
        ("tenant_id", "organizations", causes.NOBODYS_TENANT),
        ("tenant_id", f"{TENANT}/../common", causes.MALFORMED_TENANT),
        ("client_id", "12345", causes.MALFORMED_CLIENT),
        ("client_id", TENANT, causes.SAME_ID_TWICE),
        ("client_secret", "", causes.NO_SECRET),
        ("client_secret", APPLICATION, causes.SECRET_ID),
        ("client_secret", "x" * 300, causes.MALFORMED_SECRET),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_sent(
    ida, invitation, entra, field, value, cause
):
    answer = send(ida, invitation, form_with(**{field: value}))

    assert answer.status_code == 200
    assert answer.context["form"].errors == {field: [cause.customer]}
    inputs = Inputs(answer).by_name
    assert (inputs[field]["aria-invalid"], f"id_{field}_error" in inputs[field]["aria-describedby"]) == (
        "true",
        True,
    )
    assert "<title>Error: " in answer.content.decode()
    assert (Validation.objects.count(), Credential.objects.count(), entra.counters.total()) == (0, 0, 0)


def test_a_refused_form_keeps_the_two_ids_and_never_the_secret(ida, invitation):
    answer = send(ida, invitation, form_with(client_id="not an id"))

    inputs = Inputs(answer).by_name
    assert (inputs["tenant_id"]["value"], inputs["client_id"]["value"]) == (TENANT, "not an id")
    assert "value" not in inputs["client_secret"]
    assert CANARY not in answer.content.decode()


def test_the_secret_id_is_answered_with_a_drawing_of_the_right_column(ida, invitation):
    answer = send(ida, invitation, form_with(client_secret=APPLICATION))

    assert "has a column Value and, right of it, a column Secret ID" in answer.content.decode()


@pytest.mark.parametrize("field", ["tenant_id", "client_id"])
def test_a_secret_in_the_field_of_an_id_is_not_shown_again(ida, invitation, field):
    answer = send(ida, invitation, form_with(**{field: CANARY}))

    assert (answer.status_code, CANARY in answer.content.decode()) == (200, False)
    assert Inputs(answer).by_name[field].get("value", "") == ""


def test_quotes_blanks_and_invisible_signs_do_no_harm(ida, invitation):
    send(ida, invitation, form_with(tenant_id=f' "{TENANT.upper()}"\n', client_id=f"{{{APPLICATION}}}\u200b"))

    validation = Validation.objects.get()
    assert (str(validation.tenant_id), str(validation.client_id)) == (TENANT, APPLICATION)


def test_good_values_start_one_validation_and_lead_to_its_page(ida, invitation):
    answer = send(ida, invitation, form_with())

    validation = Validation.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, page("result", invitation, validation.pk))
    assert (validation.running, validation.subject, validation.registration) == (
        True,
        invitation.uuid,
        invitation.app_registration,
    )
    assert validation.actor_label == f"holder of the link sent to {invitation.email}"
    assert unseal(validation.credential, "sealed_secret").reveal() == CANARY


def test_an_operator_who_answers_is_named_as_such(as_olga, invitation):
    follow(as_olga, invitation)

    send(as_olga, invitation, form_with())

    assert Validation.objects.get().actor_label == "Olga"


def test_a_second_submission_shows_the_one_that_runs(ida, new_browser, invitation):
    colleague = new_browser()
    follow(colleague, invitation)
    send(ida, invitation, form_with())

    answer = send(colleague, invitation, form_with(tenant_id=str(uuid4())))

    running = Validation.objects.get()
    assert answer["Location"] == f"{page('result', invitation, running.pk)}?earlier"
    assert "was running already" in colleague.get(answer["Location"]).content.decode()


def test_a_form_without_the_sites_token_is_refused(invitation):
    strict = Client(enforce_csrf_checks=True, REMOTE_ADDR="198.18.0.1")
    follow(strict, invitation)

    assert (send(strict, invitation, form_with()).status_code, Validation.objects.count()) == (403, 0)


def test_the_secret_is_seen_nowhere(ida, invitation, caplog):
    caplog.set_level(logging.DEBUG)

    answers = [
        send(ida, invitation, form_with(tenant_id="wrong")),
        send(ida, invitation, form_with()),
        ida.get(page("values", invitation)),
    ]
    answers.append(ida.get(answers[1]["Location"]))

    seen = [answer.content.decode() + str(answer.headers) + str(answer.cookies) for answer in answers]
    seen += [caplog.text, str(ida.cookies), str(list(JournalDetail.objects.values()))]
    seen += [str(list(Validation.objects.values())), str(list(Credential.objects.values()))]
    assert [place for place in seen if CANARY in place] == []
