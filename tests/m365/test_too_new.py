"""A secret that was made a moment ago is rejected at once and tried again for a minute, as one attempt."""

import uuid
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from m365 import too_new, validations
from m365.models import AppRegistration, Validation
from m365.tasks import drain_validations
from portal.core.actors import PORTAL
from portal.core.journal import JournalEntry
from portal.core.secrets import Secret

pytestmark = pytest.mark.django_db
WRONG = "Xx8" + "1Q~" + "n" * 34


@pytest.fixture
def org(entra):
    return entra.add_tenant(name="Brightwater Dental Group Ltd")


@pytest.fixture
def app(org):
    return org.add_application()


@pytest.fixture
def registration(channel):
    return AppRegistration.objects.create(channel=channel, owner=uuid.uuid4())


@pytest.fixture
def submit(registration, org, app):
    def call(value):
        registration.refresh_from_db()
        ids = {"tenant_id": uuid.UUID(org.id), "client_id": uuid.UUID(app.client_id)}
        return validations.submit(registration, "test", PORTAL, secret=Secret(value), **ids)

    return call


def reread(*rows):
    for row in rows:
        row.refresh_from_db()
    return rows[0] if len(rows) == 1 else rows


def try_again():
    """As if the pause were over."""
    Validation.objects.exclude(next_try_at=None).update(next_try_at=Now())
    drain_validations()


def test_it_is_rejected_at_once_and_its_secret_kept_for_the_next_try(registration, submit):
    validation = submit(WRONG)
    before = timezone.now()
    drain_validations()
    after = timezone.now()

    reread(validation, registration)
    assert before + too_new.PAUSES[0] <= validation.next_try_at <= after + too_new.PAUSES[0]
    assert (validation.verdict, validation.cause_name, validation.watching) == (
        "invalid",
        "wrong_secret",
        True,
    )
    assert validation.finished_at is not None
    assert (validation.credential.state, registration.last_validation) == ("candidate", None)
    assert not JournalEntry.objects.exists()


def test_a_secret_that_was_merely_new_is_put_in_use_as_one_attempt(entra, registration, submit, app):
    secret = app.add_secret(replicates_in_seconds=15)
    validation = submit(secret.value)
    drain_validations()
    assert reread(validation).verdict == "invalid"
    entra.clock.shift(seconds=16)
    try_again()

    reread(validation, registration)
    assert (validation.verdict, validation.cause_name, validation.watching) == ("valid", "ok", False)
    assert registration.active_credential == validation.credential
    assert [entry.verb for entry in JournalEntry.objects.all()] == ["m365.validated.valid"]


def test_after_a_minute_it_is_wrong_for_good_told_once_and_wiped(entra, registration, submit, org):
    validation = submit(WRONG)
    drain_validations()
    for _ in too_new.PAUSES:
        assert reread(validation).watching
        try_again()

    reread(validation, registration)
    assert sum(too_new.PAUSES, timedelta(0)) == timedelta(seconds=60)
    assert (validation.verdict, validation.cause_name, validation.watching) == (
        "invalid",
        "wrong_secret",
        False,
    )
    assert (validation.credential.state, validation.credential.sealed_secret) == ("rejected", None)
    assert entra.counters["token", org.id] == 1 + len(too_new.PAUSES)
    assert [entry.verb for entry in JournalEntry.objects.all()] == ["m365.validated.invalid"]
    assert registration.last_validation == validation


def test_each_try_is_leased_anew_and_one_that_comes_back_late_changes_nothing(submit, registration):
    validation = submit(WRONG)
    drain_validations()
    Validation.objects.update(next_try_at=Now())
    [late] = Validation.objects.claim(batch=1, lease=timedelta(minutes=2))
    Validation.objects.update(lease_until=Now() - timedelta(seconds=1))
    try_again()
    before = reread(validation).late_tries

    validations.run(late)

    assert (before, reread(validation).late_tries) == (2, 2)


def test_a_newer_submission_takes_its_place(entra, registration, submit, app):
    wrong = submit(WRONG)
    drain_validations()
    right = submit(app.add_secret().value)
    asked = sum(entra.counters.values())
    drain_validations()

    reread(wrong, right, registration)
    assert (wrong.verdict, wrong.watching, wrong.credential.sealed_secret) == ("invalid", False, None)
    assert (right.verdict, registration.active_credential) == ("valid", right.credential)
    assert sum(entra.counters.values()) - asked == 4  # the newer one alone asked Microsoft
    assert sorted(entry.verb for entry in JournalEntry.objects.all()) == [
        "m365.validated.invalid",
        "m365.validated.valid",
    ]


def test_a_newer_submission_ends_one_that_is_being_tried_at_this_moment(registration, submit, app):
    secret = app.add_secret(replicates_in_seconds=15)
    first = submit(secret.value)
    drain_validations()
    Validation.objects.update(next_try_at=Now())
    [held] = Validation.objects.claim(batch=1, lease=timedelta(minutes=2))
    second = submit(app.add_secret().value)

    validations.run(held)  # its answer comes after the newer submission
    drain_validations()

    reread(first, second, registration)
    assert (first.verdict, first.watching, first.credential.sealed_secret) == ("invalid", False, None)
    assert registration.active_credential == second.credential


def test_an_outage_meanwhile_does_not_change_what_was_told(entra, submit, org):
    validation = submit(WRONG)
    drain_validations()
    told = reread(validation).trace_id
    entra.fault(org, None, "503")
    for _ in too_new.PAUSES:
        try_again()

    reread(validation)
    assert (validation.verdict, validation.cause_name, validation.trace_id) == (
        "invalid",
        "wrong_secret",
        told,
    )
    assert validation.credential.sealed_secret is None


def test_a_candidate_that_was_wiped_meanwhile_is_not_asked_for(entra, submit, caplog):
    validation = submit(WRONG)
    drain_validations()
    validation.credential.refresh_from_db()
    validation.credential.wipe(validation.credential.State.RETIRED)
    asked = sum(entra.counters.values())
    try_again()

    assert (reread(validation).watching, validation.cause_name) == (False, "wrong_secret")
    assert sum(entra.counters.values()) == asked
    assert "unsealable" not in caplog.text


@pytest.mark.parametrize("value", ["wrong" * 8, "c41d8a02-7be3-4f19-a6d5-90e1f2ab3377"])
def test_what_no_secret_looks_like_is_not_tried_again(submit, value):
    validation = submit(value)
    drain_validations()

    assert (reread(validation).verdict, validation.watching) == ("invalid", False)
    assert validation.credential.sealed_secret is None


def test_the_secret_in_use_is_not_tried_again(registration, submit, app):
    secret = app.add_secret()
    submit(secret.value)
    drain_validations()
    app.secrets.remove(secret)
    again = validations.submit_again(reread(registration), "test", PORTAL)
    drain_validations()

    assert (reread(again).cause_name, again.watching) == ("wrong_secret", False)
