import re

import pytest
from django.db.models.functions import Now

from m365 import causes
from m365.models import Credential, Validation
from m365.tasks import drain_validations
from portal.core.tasks import drain_mail
from tests.conftest import IDA, actor_for
from tests.invitations.conftest import follow, page, send


def text_of(response):
    """What a person reads: without tags, every white space one blank."""
    main = response.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).replace("&amp;", "&").split())


def title_of(response):
    return response.content.decode().partition("<title>")[2].partition("</title>")[0]


def answer_with(browser, invitation, form):
    """Sends the values, lets the worker work until nothing is left to try, and reads the result."""
    address = send(browser, invitation, form)["Location"]
    work_to_the_end()
    return browser.get(address)


def work_to_the_end():
    while waiting := Validation.objects.exclude(next_try_at=None):
        waiting.update(next_try_at=Now())
        drain_validations()


def test_right_values_connect_the_tenant_and_say_so(ida, invitation, example, mailbox):
    answer = answer_with(ida, invitation, example("bergmann"))

    invitation.refresh_from_db()
    words = text_of(answer)
    assert answer.content.decode().count("<h1>The Application Registration is valid</h1>") == 1
    for fact in ("Bergmann Anlagenbau GmbH", "bergmann-anlagenbau.example", example("bergmann")["client_id"]):
        assert fact in words
    assert "Application.Read.All, Organization.Read.All" in words
    assert "in 363 days" in words or "in 364 days" in words
    assert "You can close this window." in words
    assert invitation.state == "authenticated"

    drain_mail()
    receipt = next(mail for mail in mailbox if "Receipt" in mail.subject)
    assert receipt.to == [IDA]
    for fact in (
        "Bergmann Anlagenbau GmbH",
        example("bergmann")["tenant_id"],
        f"holder of the link sent to {IDA}",
    ):
        assert fact in receipt.text
    assert example("bergmann")["client_secret"] not in receipt.text + receipt.html


def test_after_success_the_link_is_dead_and_only_the_sender_still_reads_the_result(
    ida, new_browser, invitation, example
):
    colleague = new_browser()
    follow(colleague, invitation)
    result = answer_with(ida, invitation, example("bergmann")).request["PATH_INFO"]

    assert [follow(browser, invitation).status_code for browser in (ida, colleague, new_browser())] == [
        410
    ] * 3
    assert ida.get(page("values", invitation)).status_code == 410
    assert [browser.get(result).status_code for browser in (ida, colleague, new_browser())] == [200, 410, 410]


@pytest.mark.parametrize(
    ("key", "cause", "missing"),
    [
        ("ohnelesen", causes.PERMISSION_MISSING, ["Application.Read.All"]),
        ("ohneorganisation", causes.PERMISSION_MISSING, ["Organization.Read.All"]),
        ("delegiert", causes.DELEGATED_PERMISSION, ["Organization.Read.All"]),
        ("ohnezustimmung", causes.CONSENT_MISSING, ["Organization.Read.All", "Application.Read.All"]),
    ],
)
def test_a_missing_permission_is_named_and_the_connection_stands(
    ida, invitation, example, key, cause, missing
):
    answer = answer_with(ida, invitation, example(key))

    invitation.refresh_from_db()
    words = text_of(answer)
    assert "The Application Registration is valid" in words
    assert [
        name
        for name in ("Organization.Read.All", "Application.Read.All")
        if f"{name} {cause.customer}" in words
    ] == missing
    assert invitation.state == "authenticated"


def test_an_unknown_end_of_the_secret_says_why(ida, invitation, example):
    assert "The permission Application.Read.All is missing." in text_of(
        answer_with(ida, invitation, example("ohnelesen"))
    )


def test_a_secret_that_ends_soon_is_warned_about(ida, invitation, example):
    assert "The secret ends soon." in text_of(answer_with(ida, invitation, example("kranich")))


@pytest.mark.parametrize(
    ("key", "cause", "value"),
    [
        ("niemand", causes.UNKNOWN_TENANT, "Customer Microsoft Tenant ID"),
        ("ohneapp", causes.UNKNOWN_APPLICATION, "Application (Client) ID"),
        ("falschessecret", causes.WRONG_SECRET, "Client Secret"),
        ("abgelaufen", causes.EXPIRED_SECRET, "Client Secret"),
        ("abgeschaltet", causes.DISABLED, None),
    ],
)
def test_what_is_wrong_is_said_in_plain_words_with_the_value_and_the_place(
    ida, invitation, example, key, cause, value
):
    form = example(key)

    answer = answer_with(ida, invitation, form)

    invitation.refresh_from_db()
    words = text_of(answer)
    assert title_of(answer).startswith("Error: ")
    assert cause.customer in words
    assert cause.place in words
    assert (f"Value to look at {value}" in words) if value else ("Value to look at" not in words)
    assert "AADSTS" not in answer.content.decode()
    assert (invitation.state, invitation.app_registration.active_credential) == ("open", None)
    assert list(Credential.objects.values_list("state", "sealed_secret")) == [("rejected", None)]


def test_after_a_failure_the_form_has_the_two_ids_again_and_not_the_secret(ida, invitation, example):
    form = example("falschessecret")
    answer_with(ida, invitation, form)

    kept = ida.get(page("values", invitation))

    assert kept.context["form"].initial == {
        "tenant_id": str(Validation.objects.get().tenant_id),
        "client_id": Validation.objects.get().client_id,
    }
    assert f'value="{form["tenant_id"]}"' in kept.content.decode()
    assert form["client_secret"] not in kept.content.decode()


def test_after_a_failure_the_next_try_succeeds(ida, invitation, example):
    answer_with(ida, invitation, example("falschessecret"))

    assert "The Application Registration is valid" in text_of(
        answer_with(ida, invitation, example("bergmann"))
    )


def test_an_earlier_result_leads_to_the_newest(ida, invitation, example):
    first = answer_with(ida, invitation, example("falschessecret")).request["PATH_INFO"]
    second = answer_with(ida, invitation, example("abgelaufen")).request["PATH_INFO"]

    assert ida.get(first)["Location"] == second


def test_microsoft_out_of_reach_is_nobodys_fault_and_loses_nothing_but_the_secret(ida, invitation, example):
    answer = answer_with(ida, invitation, example("ausfall"))

    words = text_of(answer)
    assert title_of(answer).startswith("Error: Microsoft could not be reached")
    assert causes.OUTAGE.customer in words
    assert "The two IDs are kept for you. The secret is not" in words
    assert "Try again" in words
    assert Validation.objects.get().attempts == 3


def test_an_invitation_revoked_meanwhile_is_told_and_offers_no_way_back(ida, invitation, example, olga):
    address = send(ida, invitation, example("bergmann"))["Location"]
    invitation.revoke(actor_for(olga))
    drain_validations()

    words = text_of(ida.get(address))

    assert causes.TOO_LATE.customer in words
    assert "Back to the three values" not in words
    invitation.app_registration.refresh_from_db()
    assert (invitation.state, invitation.app_registration.active_credential) == ("revoked", None)


def test_the_name_of_an_organisation_is_text_and_nothing_else(ida, invitation, entra, example):
    entra.directory.tenant("bergmann").name = "<script>alert(1)</script> & Co"

    answer = answer_with(ida, invitation, example("bergmann"))

    assert "<script>alert(1)" not in answer.content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Co" in answer.content.decode()


def test_a_domain_in_place_of_the_tenant_id_is_resolved_shown_and_stored_as_the_id(
    ida, invitation, example, entra
):
    form = example("lindgren")
    tenant_id = entra.directory.tenant("lindgren").id

    words = text_of(answer_with(ida, invitation, form))

    validation = Validation.objects.get()
    invitation.refresh_from_db()
    assert form["tenant_id"] == "lindgren.example"
    assert f"{tenant_id} found by lindgren.example" in words
    assert (str(validation.tenant_id), validation.tenant_domain) == (tenant_id, "lindgren.example")
    assert str(invitation.app_registration.tenant_id) == tenant_id


def test_a_domain_that_failed_stands_in_the_form_again(ida, invitation, example):
    answer_with(ida, invitation, example("keinedomain"))

    kept = ida.get(page("values", invitation))

    assert 'value="not-in-microsoft365.example"' in kept.content.decode()
    assert (Validation.objects.get().tenant_id, Validation.objects.get().cause_name) == (
        None,
        "unknown_domain",
    )


def test_a_secret_that_is_too_new_is_told_to_be_tried_again_and_the_page_turns(
    ida, invitation, entra, example
):
    address = send(ida, invitation, example("frisch"))["Location"]
    drain_validations()
    watch = f"{page('steps', invitation, Validation.objects.get().pk)}?watching"

    rejected = ida.get(address)
    waiting = ida.get(watch, headers={"HX-Request": "true"})
    entra.clock.shift(seconds=16)
    work_to_the_end()
    turned = ida.get(watch, headers={"HX-Request": "true"})

    assert causes.WRONG_SECRET.customer in text_of(rejected)
    assert causes.NOT_YET_KNOWN.customer in text_of(rejected)
    assert f'hx-get="{watch}"' in rejected.content.decode()
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in rejected.content.decode()
    assert (waiting.status_code, waiting.content) == (204, b"")
    assert (turned.status_code, turned["HX-Refresh"]) == (200, "true")
    assert "The Application Registration is valid" in text_of(ida.get(address))
    invitation.refresh_from_db()
    assert invitation.state == "authenticated"


def test_values_that_come_after_the_new_secret_has_worked_lead_to_its_success(
    ida, new_browser, invitation, entra, example
):
    colleague = new_browser()
    follow(colleague, invitation)
    address = send(ida, invitation, example("frisch"))["Location"]
    drain_validations()
    entra.clock.shift(seconds=16)
    work_to_the_end()

    late = send(ida, invitation, example("bergmann"))

    assert (late.status_code, late["Location"]) == (302, address)
    assert send(colleague, invitation, example("bergmann")).status_code == 410
    assert Validation.objects.count() == 1


def test_the_page_is_loaded_anew_without_the_note_when_a_wrong_secret_stays_wrong(ida, invitation, example):
    address = send(ida, invitation, example("falschessecret"))["Location"]
    drain_validations()
    watch = f"{page('steps', invitation, Validation.objects.get().pk)}?watching"
    work_to_the_end()

    over = ida.get(watch, headers={"HX-Request": "true"})

    assert (over.status_code, over["HX-Refresh"]) == (200, "true")
    assert causes.NOT_YET_KNOWN.customer not in text_of(ida.get(address))


def test_what_does_not_look_like_a_secret_is_said_too(ida, invitation, example):
    words = text_of(answer_with(ida, invitation, example("passwort")))

    assert causes.WRONG_SECRET.customer in words
    assert causes.UNUSUAL_SECRET.customer in words
