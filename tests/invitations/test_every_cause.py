"""Every entry of the catalogue, from the customer's form through a worker and the simulated Microsoft 365 and back."""

import base64
import json
from datetime import UTC, datetime

import pytest

from m365 import causes
from m365.causes import CATALOGUE, Fault
from m365.models import Credential, Validation
from m365.simulator.clock import Clock
from m365.simulator.loader import FileDirectory
from m365.tasks import drain_validations
from portal.core.journal import JournalDetail, JournalEntry
from tests.conftest import actor_for
from tests.invitations.conftest import send
from tests.invitations.test_result import text_of, work_to_the_end

EXAMPLES = {
    example.key: example
    for example in FileDirectory(clock=Clock(), seed="keys", epoch=datetime.now(UTC)).examples
}
# Seen before anything is sent to Microsoft.
BY_THE_FORM = {
    "malformed_tenant",
    "malformed_client",
    "email_for_id",
    "nobodys_tenant",
    "personal_accounts",
    "same_id_twice",
    "no_secret",
    "secret_id",
    "malformed_secret",
}
# Told in tests of their own below and in test_holding.py, or beside another cause.
OTHERWISE = {"other_tenant", "too_late", "not_yet_known", "tenant_in_use", "tenant_rejected"}
# Told of a secret that the portal renews: tests/services/test_rotation.py.
OTHERWISE |= {"renewal_not_permitted", "renewal_against_policy", "renewal_refused", "former_unsure"}
NOT_THE_CUSTOMERS = {
    Fault.MICROSOFT: {
        "unreachable",
        "timed_out",
        "throttled",
        "tenant_throttled",
        "outage",
        "garbled",
        "not_yet_known",
    },
    Fault.US: {
        "our_fault",
        "foreign_token_endpoint",
        "assertion_time",
        "federation_keys",
        "sign_in_loop",
        "token_refused",
        "reading_refused",
        "cloud_unclear",
        "renewal_refused",
    },
}
# Microsoft 365 lets these wait longer than a test should.
PATIENCE = {"langsam": 0.5, "tropfen": 0.5}


def test_every_entry_of_the_catalogue_is_provoked():
    provoked = {name for example in EXAMPLES.values() for name in (example.cause, *example.findings)}

    assert provoked | OTHERWISE == set(CATALOGUE)


def test_whose_fault_each_is():
    by_fault = {
        fault: {name for name, cause in CATALOGUE.items() if cause.fault is fault}
        for fault in NOT_THE_CUSTOMERS
    }
    assert by_fault == NOT_THE_CUSTOMERS


@pytest.mark.parametrize("key", [key for key, one in EXAMPLES.items() if one.cause in BY_THE_FORM])
def test_a_value_that_cannot_be_right_is_told_by_the_form_and_nothing_is_stored_or_sent(
    ida, invitation, entra, example, key
):
    answer = send(ida, invitation, example(key))

    cause = CATALOGUE[EXAMPLES[key].cause]
    assert answer.status_code == 200
    assert [cause.customer] in list(answer.context["form"].errors.values())
    assert cause.customer in text_of(answer)
    assert (Validation.objects.exists(), Credential.objects.exists(), sum(entra.counters.values())) == (
        False,
        False,
        0,
    )
    assert not JournalEntry.objects.filter(verb__startswith="m365.").exists()


@pytest.mark.parametrize("key", [key for key, one in EXAMPLES.items() if one.cause not in BY_THE_FORM])
def test_each_cause_is_told_stored_and_journalled(ida, invitation, example, settings, key):
    settings.M365_READ_TIMEOUT = PATIENCE.get(key, settings.M365_READ_TIMEOUT)
    expected, cause = EXAMPLES[key], CATALOGUE[EXAMPLES[key].cause]
    form = example(key)

    address = send(ida, invitation, form)["Location"]
    work_to_the_end()
    page = text_of(ida.get(address))

    validation, invitation_now = Validation.objects.get(), type(invitation).objects.get()
    signed_in = expected.cause == "ok"
    verdict = (
        ("findings" if expected.findings else "valid")
        if signed_in
        else ("undecided" if cause.passes else "invalid")
    )
    assert (validation.cause_name, validation.verdict) == (expected.cause, verdict)
    assert tuple(dict.fromkeys(finding["cause"] for finding in validation.findings)) == expected.findings
    assert [CATALOGUE[name].customer in page for name in (cause.name, *expected.findings)] == [
        True for _ in (cause.name, *expected.findings)
    ]
    assert ("Where in the Entra admin center" in page) == bool(cause.place and not signed_in)

    credential = validation.credential
    stored = (credential.state, credential.sealed_secret is None, invitation_now.state)
    assert stored == (("active", False, "authenticated") if signed_in else ("rejected", True, "open"))
    assert bool(validation.trace_id) == _has_trace_id(expected)
    assert all(step["ms"] >= 0 for step in validation.steps)

    entry = JournalEntry.objects.get(verb__startswith="m365.")
    assert entry.verb == f"m365.validated.{verdict}"
    assert JournalDetail.objects.get(entry=entry).values["cause"] == expected.cause


def _has_trace_id(expected):
    """Whether Microsoft's last word came with one."""
    if expected.cause == "ok":
        return expected.answer not in ("token", "AADSTS7000215")
    return expected.answer.startswith("AADSTS")


def test_a_token_of_another_tenant_is_not_taken(ida, invitation, entra, example):
    form = example("bergmann")
    foreign = {"tid": entra.directory.tenant("nordlicht").id, "roles": ["Application.Read.All"]}
    coded = base64.urlsafe_b64encode(json.dumps(foreign).encode()).decode().rstrip("=")
    token = {"access_token": f"e30.{coded}.c2ln", "token_type": "Bearer", "expires_in": 3599}
    org = entra.directory.tenant("bergmann")
    entra.fault(org, "token", "scripted", body=json.dumps(token).encode())

    address = send(ida, invitation, form)["Location"]
    drain_validations()

    validation = Validation.objects.get()
    assert (validation.verdict, validation.cause_name) == ("invalid", "other_tenant")
    assert causes.OTHER_TENANT.customer in text_of(ida.get(address))
    assert entra.counters["organization", org.id] == 0
    assert validation.credential.sealed_secret is None


def test_an_invitation_revoked_meanwhile_is_too_late(ida, invitation, example, olga):
    address = send(ida, invitation, example("bergmann"))["Location"]
    invitation.revoke(actor_for(olga))
    drain_validations()

    validation = Validation.objects.get()
    assert (validation.verdict, validation.cause_name) == ("invalid", "too_late")
    assert causes.TOO_LATE.customer in text_of(ida.get(address))
    assert JournalEntry.objects.filter(verb="m365.validated.invalid").count() == 1
