"""A tenant that is not the recorded one, or that another customer uses: held for an operator, who decides once."""

import uuid

import pytest

from m365 import causes, holding, too_new, validations
from m365.models import AppRegistration, Credential, Validation
from m365.tasks import drain_validations
from m365.validation import Outcome
from portal.core.actors import PORTAL, Actor, ActorKind
from portal.core.journal import JournalEntry
from portal.core.secrets import Secret

pytestmark = pytest.mark.django_db(transaction=True)

OLGA = Actor(ActorKind.PORTAL, "Olga")


@pytest.fixture
def connect(submit):
    def call(registration):
        submit(registration)
        drain_validations()
        registration.refresh_from_db()
        assert registration.active_credential
        return registration

    return call


@pytest.fixture
def held(register, submit):
    """The validation that a registration holds, whose customer has another tenant recorded."""
    validation = submit(register(expected_tenant_id=uuid.uuid4()))
    drain_validations()
    return reread(validation)


def reread(row):
    row.refresh_from_db()
    return row


def verbs():
    return list(JournalEntry.objects.order_by("created_at").values_list("verb", flat=True))


def test_another_tenant_than_the_recorded_one_is_held_with_nothing_swapped(held, org):
    registration = reread(held.registration)

    assert (held.verdict, held.reasons) == ("held", [causes.OTHER_TENANT])
    assert (registration.held, registration.active_credential, registration.tenant_id) == (held, None, None)
    assert (registration.last_validation, registration.tenant_name) == (None, "")
    assert (held.credential.state, held.credential.sealed_secret is None) == ("candidate", False)
    assert (held.reading.tenant_name, held.reading.default_domain) == (org.name, "oakhurst.example")
    assert verbs() == ["m365.validated.held"]
    assert [step["name"] for step in held.steps if step["state"] == "warn"] == ["tenant"]


def test_a_tenant_that_another_customer_uses_is_held(register, connect, submit):
    connect(register())
    second = submit(register())
    drain_validations()

    assert (reread(second).verdict, second.reasons) == ("held", [causes.TENANT_IN_USE])


def test_both_reasons_are_kept(register, connect, submit):
    connect(register())
    second = submit(register(expected_tenant_id=uuid.uuid4()))
    drain_validations()

    assert reread(second).reasons == [causes.OTHER_TENANT, causes.TENANT_IN_USE]


def test_customers_of_other_channels_count_too(register, connect, submit, other_channel):
    connect(register(channel=other_channel))
    second = submit(register())
    drain_validations()

    assert reread(second).verdict == "held"


def test_a_second_service_of_the_same_customer_is_no_surprise(register, connect, submit):
    owner = uuid.uuid4()
    connect(register(owner=owner))
    second = submit(register(owner=owner))
    drain_validations()

    assert reread(second).verdict == "valid"


def test_the_recorded_tenant_is_not_held(register, submit, org):
    validation = submit(register(expected_tenant_id=uuid.UUID(org.id)))
    drain_validations()

    assert reread(validation).verdict == "valid"


def test_a_wrong_secret_is_refused_and_not_held(register, submit):
    validation = submit(register(expected_tenant_id=uuid.uuid4()), secret=Secret("wrong" * 8))
    drain_validations()

    assert (reread(validation).cause_name, reread(validation.registration).held) == ("wrong_secret", None)


def test_confirming_puts_it_in_use_with_all_that_was_read(held, org, app):
    assert holding.confirm(held, OLGA)

    registration = reread(held.registration)
    credential = registration.active_credential
    assert (reread(held).verdict, held.cause_name, held.gathered) == ("valid", "ok", None)
    assert {step["state"] for step in held.steps} == {"ok"}
    assert (credential, credential.state, credential.expiry) == (held.credential, "active", "known")
    assert (str(registration.tenant_id), registration.expected_tenant_id) == (org.id, held.tenant_id)
    assert (registration.held, registration.last_validation) == (None, held)
    assert (registration.tenant_name, registration.app_name) == (org.name, app.name)
    assert registration.default_domain == "oakhurst.example"
    assert (credential.days_left, registration.roles[:1]) == (363, ["Application.Read.All"])
    assert verbs() == ["m365.validated.held", "m365.tenant_confirmed"]
    assert holding.decision(held).actor_kind == OLGA.kind


def test_confirming_keeps_the_findings(register, submit, entra):
    app = entra.add_tenant(name="Poor in rights").add_application(roles=[])
    values = {"tenant_id": uuid.UUID(app.tenant.id), "client_id": uuid.UUID(app.client_id)}
    secret = Secret(app.add_secret(ends_in_days=30).value)
    validation = submit(register(expected_tenant_id=uuid.uuid4()), secret=secret, **values)
    drain_validations()

    assert reread(validation).verdict == "held"
    assert holding.confirm(validation, OLGA)
    assert (reread(validation).verdict, len(validation.findings)) == ("findings", 2)


def test_rejecting_wipes_it_and_leaves_what_is_expected(held):
    expected = held.registration.expected_tenant_id
    assert holding.reject(held, OLGA)

    registration = reread(held.registration)
    assert (reread(held).verdict, held.cause, held.gathered) == ("invalid", causes.TENANT_REJECTED, None)
    assert (registration.held, registration.active_credential) == (None, None)
    assert registration.expected_tenant_id == expected
    assert (held.credential.state, held.credential.sealed_secret) == ("rejected", None)
    assert verbs()[-1] == "m365.tenant_rejected"


def test_what_was_decided_is_not_decided_again(held):
    assert holding.reject(held, OLGA)

    assert (holding.confirm(held, OLGA), holding.reject(held, OLGA)) == (False, False)
    assert Credential.objects.exclude(sealed_secret=None).count() == 0


def test_a_reason_that_the_operator_has_not_seen_keeps_it_held(held, register, connect):
    connect(register())

    assert not holding.confirm(held, OLGA)
    assert (reread(held).verdict, held.reasons) == ("held", [causes.OTHER_TENANT, causes.TENANT_IN_USE])
    assert holding.confirm(held, OLGA)


def test_while_one_is_held_another_candidate_comes_too_late(held, submit):
    second = submit(held.registration)
    drain_validations()

    assert (reread(second).cause_name, reread(held).verdict) == ("too_late", "held")
    assert Credential.objects.exclude(sealed_secret=None).get() == held.credential


def test_a_confirmed_tenant_is_expected_from_then_on(held, submit):
    holding.confirm(held, OLGA)
    again = validations.submit_again(reread(held.registration), "test", PORTAL)
    renewal = submit(held.registration)
    drain_validations()
    assert (reread(again).verdict, reread(renewal).verdict) == ("valid", "valid")

    AppRegistration.objects.update(expected_tenant_id=uuid.uuid4())
    again = validations.submit_again(reread(held.registration), "test", PORTAL)
    drain_validations()
    assert (reread(again).verdict, again.cause_name) == ("invalid", "other_tenant")


def test_a_receiver_that_refuses_the_confirmation_undoes_it(register, submit, held):
    Validation.objects.update(purpose="refuses")
    validations.register("refuses", lambda validation: False)
    expected = held.registration.expected_tenant_id

    assert not holding.confirm(held, OLGA)

    registration = reread(held.registration)
    assert (registration.held, registration.active_credential) == (None, None)
    assert (registration.expected_tenant_id, reread(held).cause_name) == (expected, "too_late")
    assert held.credential.sealed_secret is None


def test_nothing_is_held_for_what_does_not_wait_any_more(register, app):
    validations.register("gone", lambda validation: True, held=lambda validation: False)
    registration = register(expected_tenant_id=uuid.uuid4())
    validation = validations.submit(
        registration,
        "gone",
        PORTAL,
        tenant_id=uuid.UUID(app.tenant.id),
        client_id=uuid.UUID(app.client_id),
        secret=Secret(app.add_secret(ends_in_days=9).value),
    )
    drain_validations()

    assert (reread(validation).cause_name, reread(registration).held) == ("too_late", None)
    assert validation.credential.sealed_secret is None


@pytest.mark.parametrize(
    ("cause", "counts"),
    [
        (causes.WRONG_SECRET, True),
        (causes.UNKNOWN_TENANT, True),
        (causes.REFUSED, True),
        (causes.OUR_FAULT, False),
        (causes.UNREACHABLE, False),
    ],
)
def test_only_what_entra_refused_of_the_customers_is_told_as_a_refusal(register, submit, cause, counts):
    told = []
    validations.register("test", lambda validation: True, refused=told.append)
    validation = submit(register())
    validation.unanswered, validation.late_tries = 99, too_new.GIVEN_UP

    validations.conclude(validation, Outcome(cause=cause, undecided=cause is causes.UNREACHABLE), 1)

    assert told == ([validation] if counts else [])
