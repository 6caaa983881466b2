"""From a queued validation to what it changes, through the real worker's function."""

import uuid
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from m365 import validation as validation_module
from m365 import validations
from m365.models import AppRegistration, Credential, Validation
from m365.tasks import drain_validations
from portal.core.actors import PORTAL
from portal.core.journal import JournalEntry
from portal.core.secrets import Secret
from tests.concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def org(entra):
    return entra.add_tenant(name="Brightwater Dental Group Ltd")


@pytest.fixture
def app(org):
    return org.add_application()


@pytest.fixture
def secret(app):
    return app.add_secret(ends_in_days=364)


@pytest.fixture
def registration(channel):
    return AppRegistration.objects.create(channel=channel, owner=uuid.uuid4())


@pytest.fixture
def submit(registration, org, app, secret):
    def call(value=secret.value, purpose="test", **changes):
        registration.refresh_from_db()
        ids = {"tenant_id": uuid.UUID(org.id), "client_id": uuid.UUID(app.client_id)}
        return validations.submit(registration, purpose, PORTAL, secret=Secret(value), **ids | changes)

    return call


def reread(*rows):
    for row in rows:
        row.refresh_from_db()
    return rows[0] if len(rows) == 1 else rows


def test_a_valid_candidate_is_put_in_use_with_everything_that_was_read(
    registration, submit, org, app, secret
):
    validation = submit()
    drain_validations()

    reread(registration, validation)
    credential = registration.active_credential
    assert (validation.verdict, validation.cause_name, validation.next_try_at) == ("valid", "ok", None)
    assert (str(registration.tenant_id), str(registration.client_id)) == (org.id, app.client_id)
    assert (registration.tenant_name, registration.last_validation) == (org.name, validation)
    assert registration.initial_domain == org.domains[0]
    assert (credential.state, str(credential.key_id), credential.expiry) == ("active", secret.key_id, "known")
    assert credential.days_left == 363
    assert JournalEntry.objects.get().verb == "m365.validated.valid"


def test_a_refused_candidate_is_wiped_and_nothing_else_changes(registration, submit):
    validation = submit(value="wrong" * 8)
    drain_validations()

    reread(registration, validation)
    assert (validation.verdict, validation.cause_name) == ("invalid", "wrong_secret")
    assert (registration.active_credential, registration.tenant_id) == (None, None)
    assert (validation.credential.state, validation.credential.sealed_secret) == ("rejected", None)


def test_a_new_secret_replaces_the_old_one_only_when_it_works(registration, submit, app):
    submit()
    drain_validations()
    first = reread(registration).active_credential

    submit(value="wrong" * 8)
    drain_validations()
    assert reread(registration).active_credential == first

    submit(value=app.add_secret(ends_in_days=700).value)
    drain_validations()
    second = reread(registration).active_credential
    assert (second.days_left, second == first) == (699, False)
    assert (reread(first).state, first.sealed_secret) == ("retired", None)


def test_of_two_candidates_for_the_same_place_the_second_comes_too_late(registration, submit):
    first, second = submit(), submit()
    drain_validations()

    verdicts = [(row.verdict, row.cause_name) for row in (reread(first), reread(second))]
    assert verdicts == [("valid", "ok"), ("invalid", "too_late")]
    assert Credential.objects.exclude(sealed_secret=None).count() == 1


def test_a_receiver_above_may_refuse_and_then_nothing_is_swapped(registration, submit):
    validations.register("refused", lambda validation: False)
    validation = submit(purpose="refused")
    drain_validations()

    reread(registration, validation)
    assert (validation.cause_name, registration.active_credential) == ("too_late", None)
    assert validation.credential.sealed_secret is None


def test_a_receiver_that_breaks_undoes_the_whole_result(registration, submit):
    def broken(validation):
        raise RuntimeError("receiver")

    validations.register("broken", broken)
    validation = submit(purpose="broken")
    with pytest.raises(RuntimeError, match="receiver"):
        drain_validations()

    reread(registration, validation)
    assert (validation.verdict, registration.active_credential) == ("running", None)


def test_a_worker_that_comes_back_late_changes_nothing(registration, submit):
    validation = submit()
    [late] = Validation.objects.claim(batch=1, lease=timedelta(minutes=2))
    Validation.objects.update(lease_until=Now() - timedelta(seconds=1))
    drain_validations()
    before = reread(registration).active_credential

    validations.run(late)

    assert reread(registration).active_credential == before
    assert reread(validation).attempts == 2
    assert JournalEntry.objects.count() == 1


def test_two_workers_validate_each_row_once(registration, submit, entra, org):
    for _ in range(4):
        submit()
    at_once(drain_validations, drain_validations)

    assert entra.counters["token", org.id] == 4
    assert sorted(Validation.objects.values_list("cause_name", flat=True)) == ["ok", *["too_late"] * 3]


def test_when_microsoft_cannot_be_reached_it_is_tried_again_and_the_candidate_kept(submit, entra, org):
    entra.fault(org, "token", "503", times=1)
    validation = submit()
    drain_validations()
    assert (reread(validation).running, validation.cause_name) == (True, "outage")

    Validation.objects.update(next_try_at=Now())
    drain_validations()
    assert (reread(validation).verdict, validation.attempts) == ("valid", 2)


def test_after_three_tries_it_ends_undecided_and_the_candidate_is_wiped(submit, entra, org):
    entra.fault(org, "token", "drop")
    validation = submit()
    for _ in range(3):
        Validation.objects.update(next_try_at=Now())
        drain_validations()

    assert (reread(validation).verdict, validation.attempts) == ("undecided", 3)
    assert validation.credential.sealed_secret is None


def test_tries_whose_worker_died_are_no_answers_that_microsoft_did_not_give(submit, entra, org):
    entra.fault(org, "token", "503", times=2)
    validation = submit()
    for _ in range(3):
        Validation.objects.claim(batch=1, lease=timedelta(minutes=2))
        Validation.objects.update(lease_until=Now() - timedelta(seconds=1))
    for _ in range(3):
        Validation.objects.update(next_try_at=Now())
        drain_validations()

    assert (reread(validation).verdict, validation.unanswered, validation.attempts) == ("valid", 2, 6)


def test_a_repeated_validation_of_what_is_in_use_finds_out_that_it_was_withdrawn(
    registration, submit, app, secret
):
    submit()
    drain_validations()
    app.secrets.remove(secret)

    again = validations.submit_again(reread(registration), "test", PORTAL)
    drain_validations()

    assert (reread(again).verdict, again.cause_name) == ("invalid", "wrong_secret")
    assert reread(registration).active_credential.sealed_secret is not None


def test_nothing_connected_means_nothing_to_validate_again(registration):
    with pytest.raises(ValueError, match="nothing is connected"):
        validations.submit_again(registration, "test", PORTAL)


def test_a_secret_whose_key_is_gone_is_our_fault_and_says_so(submit, settings):
    validation = submit()
    settings.SEALING_KEYS = ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]
    drain_validations()

    assert (reread(validation).verdict, validation.cause_name) == ("invalid", "our_fault")


def test_a_refused_candidate_says_nothing_about_the_connection_in_use(registration, submit):
    good, late = submit(), submit()
    drain_validations()
    wrong = submit(value="wrong" * 8)
    drain_validations()

    assert [reread(row).cause_name for row in (good, late, wrong)] == ["ok", "too_late", "wrong_secret"]
    assert reread(registration).last_validation == good


def test_an_answer_about_a_credential_that_was_replaced_meanwhile_changes_nothing(
    registration, submit, entra, app
):
    submit()
    drain_validations()
    slow = validations.submit_again(reread(registration), "test", PORTAL)
    [held] = Validation.objects.claim(batch=1, lease=timedelta(minutes=2))
    outcome = validation_module.validate(validations._connection(held), lambda steps: None)
    other = entra.add_tenant(name="Another Company Ltd").add_application()
    newest = submit(
        value=other.add_secret(ends_in_days=90).value,
        tenant_id=uuid.UUID(other.tenant.id),
        client_id=uuid.UUID(other.client_id),
    )
    drain_validations()

    validations.conclude(held, outcome, 1)

    assert reread(slow).verdict == "valid"
    assert reread(registration).tenant_name == "Another Company Ltd"
    assert registration.last_validation == newest


@pytest.mark.parametrize(("asked", "waits"), [("50", 50), ("86400", 120)])
def test_microsofts_retry_after_is_honoured_up_to_a_limit(submit, entra, org, asked, waits):
    entra.fault(org, "token", "429", retry_after=asked, times=1)
    validation = submit()
    before = timezone.now()
    drain_validations()

    pause = reread(validation).next_try_at - before
    assert timedelta(seconds=waits) <= pause <= timedelta(seconds=waits + 30)


def test_the_log_says_what_microsoft_answered(submit, caplog):
    caplog.set_level("INFO", logger="m365")
    submit(value="wrong" * 8)
    drain_validations()

    assert "status=401 error=invalid_client codes=(7000215,)" in caplog.text


def test_a_validation_that_every_worker_dies_of_ends_and_its_candidate_is_wiped(submit, entra, org):
    validation = submit()
    for _ in range(validations.MOST_CLAIMS):
        Validation.objects.claim(batch=1, lease=timedelta(minutes=2))
        Validation.objects.update(lease_until=Now() - timedelta(seconds=1))

    drain_validations()

    assert (reread(validation).verdict, validation.cause_name) == ("invalid", "our_fault")
    assert validation.credential.sealed_secret is None
    assert entra.counters["token", org.id] == 0
