"""The catalogue of causes."""

import io
from pathlib import Path

import pytest
from django.core.management import call_command

from m365 import causes
from m365.causes import CATALOGUE, Fault
from m365.http import TIMED_OUT, Answer

ROOT = Path(__file__).parents[2]
# Numbers that Microsoft documents, or that were seen: each points to one entry.
NUMBERS = {
    90002: "unknown_tenant",
    900023: "malformed_tenant",
    90112: "malformed_client",
    700016: "unknown_application",
    7000229: "no_service_principal",
    650059: "foreign_application",
    7000215: "wrong_secret",
    7000222: "expired_secret",
    7000218: "no_secret",
    7000216: "no_secret",
    7000112: "disabled",
    53003: "conditional_access",
    530032: "security_policy",
    700027: "certificate_missing",
    700024: "assertion_time",
    7000272: "federation_keys",
    70021: "federation_mismatch",
    70025: "federation_mismatch",
    500011: "product_missing",
    90055: "tenant_throttled",
    50196: "sign_in_loop",
    **dict.fromkeys((90033, 90041, 50033, 90006, 90012, 90024, 90090), "outage"),
    **dict.fromkeys(
        (70011, 1002012, 700022, 700023, 900144, 90014, 9002313, 90023, 50049, 90130, 9001023), "our_fault"
    ),
}


def test_the_document_is_what_the_catalogue_says():
    printed = io.StringIO()
    call_command("causes", stdout=printed)

    assert (ROOT / "docs/causes.md").read_text(encoding="utf-8") == printed.getvalue()


def test_each_entry_speaks_to_both_sides_and_fits_its_column():
    assert [name for name, cause in CATALOGUE.items() if not (cause.customer and cause.operator)] == []
    assert [name for name in CATALOGUE if len(name) > 40] == []


def test_what_the_customer_mends_has_a_place_in_the_admin_center():
    """But for what they mend by calling us, or cannot mend at all."""
    placeless = {
        name
        for name, cause in CATALOGUE.items()
        if cause.fault is Fault.CUSTOMER and not cause.place and name != "ok"
    }
    assert placeless == {
        "other_tenant",
        "tenant_in_use",
        "tenant_rejected",
        "too_late",
        "refused",
        "elsewhere_registered",
    }


def test_each_number_points_to_one_entry():
    assert {code: cause.name for cause in CATALOGUE.values() for code in cause.codes} == NUMBERS


def test_no_error_points_to_two_entries():
    errors = [error for cause in CATALOGUE.values() for error in cause.errors]
    assert len(errors) == len(set(errors))


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (Answer(401, "invalid_client", (7000215,)), "wrong_secret"),
        (Answer(401, "invalid_client", (8999999,)), "client_refused"),
        (Answer(401, "invalid_client", (8999999, 7000222)), "expired_secret"),
        (Answer(400, "unauthorized_client"), "application_refused"),
        (Answer(400, "invalid_grant"), "access_refused"),
        (Answer(400, "interaction_required"), "access_refused"),
        (Answer(400, "invalid_tenant"), "unknown_tenant"),
        (Answer(400, "invalid_resource"), "product_missing"),
        (Answer(400, "invalid_scope"), "our_fault"),
        (Answer(400, "invalid_request"), "refused"),
        (Answer(400, "error_of_next_year"), "refused"),
        (Answer(400, ""), "refused"),
    ],
)
def test_why_entra_refused(answer, cause):
    assert causes.of_refused_sign_in(answer).name == cause


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (Answer(403, "Authorization_RequestDenied"), "permission_missing"),
        (Answer(403, "Denial_of_next_year"), "permission_missing"),
        (Answer(401, "Authorization_IdentityNotFound"), "consent_missing"),
        (Answer(401, "InvalidAuthenticationToken"), "token_refused"),
        (Answer(401, "Something"), "reading_refused"),
        (Answer(404, "Request_ResourceNotFound"), "elsewhere_registered"),
        (Answer(404, ""), "elsewhere_registered"),
        (Answer(400, "Request_BadRequest"), "our_fault"),
        (Answer(400, "Something"), "our_fault"),
        (Answer(409, "Something"), "reading_refused"),
    ],
)
def test_why_graph_refused(answer, cause):
    assert causes.of_refused_reading(answer).name == cause


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (Answer(), "unreachable"),
        (Answer(error=TIMED_OUT), "timed_out"),
        (Answer(429), "throttled"),
        (Answer(429, "TooManyRequests"), "throttled"),
        (Answer(429, "UnknownError"), "throttled"),
        (Answer(503, "Request_ThrottledTemporarily"), "throttled"),
        (Answer(429, "temporarily_unavailable", (90055,)), "tenant_throttled"),
        (Answer(400, "invalid_grant", (50196,)), "sign_in_loop"),
        (Answer(503, "temporarily_unavailable", (90033,)), "outage"),
        (Answer(500), "outage"),
        (Answer(504), "outage"),
        (Answer(400, "invalid_request", (90033,)), "outage"),
        (Answer(503, "invalid_client", (7000215,)), "outage"),
        (Answer(200), "garbled"),
        (Answer(302), "garbled"),
        (Answer(403), "garbled"),
        (Answer(408), "garbled"),
    ],
)
def test_what_was_in_the_way(answer, cause):
    found = causes.of_no_answer(answer)
    assert (found.name, found.passes, found.fault is Fault.CUSTOMER) == (cause, True, False)
