"""A nightly check that is throttled, overtaken, cut short, or that nobody can do."""

import pytest
from django.db.models.functions import Now

from m365 import checking, nightly
from m365.models import CheckItem, Credential
from m365.tasks import drain_checks
from portal.core.secrets import Secret
from tests.m365.nights import a_night_passes, begun, states
from tests.m365.test_checking import fails, revoke

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("asked", "waits"), [("50", 50), ("86400", 120), (None, 22)])
def test_microsofts_retry_after_is_honoured_up_to_a_limit(watched, entra, asked, waits):
    registration = watched()
    entra.fault(str(registration.tenant_id), "token", "429", retry_after=asked, times=1)
    begun()
    drain_checks()

    item = CheckItem.objects.get()
    assert item.state is None
    assert waits <= (item.next_try_at - item.run.began_at).total_seconds() <= waits + 20


def test_who_is_told_to_wait_past_the_end_of_the_run_is_not_checked(watched, entra, settings):
    settings.NIGHTLY_DEADLINE = settings.NIGHTLY_PAUSE / 2
    registration = watched()
    fails("429")(entra, registration)
    run = begun()
    drain_checks()

    run.refresh_from_db()
    assert states(run) == {registration.pk: "not checked"}
    assert run.finished_at is not None


def test_a_secret_renewed_while_microsoft_answered_is_checked_in_its_place(watched, entra):
    registration = watched()
    revoke(entra, registration)
    begun()
    [held] = CheckItem.queue.to_check().claim(batch=1, lease=nightly.settings.M365_CHECK_LEASE)
    outcome = checking._outcome(held)
    fresh = entra.application_of(registration).add_secret(ends_in_days=364)
    credential = Credential.sealed(registration, Secret(fresh.value))
    credential.state = Credential.State.ACTIVE
    credential.save()
    registration.active_credential = credential
    registration.save()

    checking.conclude(held, outcome, 1)
    between = CheckItem.objects.get().state
    drain_checks()

    assert (outcome.cause.name, between) == ("wrong_secret", None)
    assert CheckItem.objects.get().get_state_display() == "ok"


def test_a_connection_suspended_during_the_run_is_not_checked_and_keeps_its_state(watched, entra):
    registration = watched()
    run = begun()
    type(registration).objects.update(monitored=False)
    drain_checks()

    registration.refresh_from_db()
    assert states(run) == {registration.pk: "not checked"}
    assert run.items.get().cause_name == "disconnected"
    assert registration.get_state_display() == "ok"


def test_a_worker_that_comes_back_late_changes_nothing(watched, entra):
    registration = watched()
    begun()
    [late] = CheckItem.queue.to_check().claim(batch=1, lease=nightly.settings.M365_CHECK_LEASE)
    CheckItem.objects.update(lease_until=Now())
    drain_checks()
    registration.refresh_from_db()
    before = registration.checked_at
    entra.application_of(registration).revoke("Organization.Read.All")

    checking.check(late)

    registration.refresh_from_db()
    assert (registration.checked_at, registration.get_state_display()) == (before, "ok")
    assert registration.roles == ["Application.Read.All", "Organization.Read.All"]


def test_a_secret_that_cannot_be_opened_is_our_fault_and_stops_nobody_else(watched, settings, caplog):
    broken, good = watched(), watched("Good Ltd")
    Credential.objects.filter(registration=broken).update(sealed_secret="v1.gone.AAAA")

    run = a_night_passes()

    assert states(run) == {broken.pk: "not checked", good.pk: "ok"}
    assert run.items.get(registration=broken).cause_name == "our_fault"
    assert "Unsealable" in caplog.text


def test_tries_whose_worker_died_are_no_answers_that_microsoft_did_not_give(watched, entra):
    registration = watched()
    entra.fault(str(registration.tenant_id), "token", "503", times=2)
    run = begun()
    for _ in range(3):
        CheckItem.queue.to_check().claim(batch=4, lease=nightly.settings.M365_CHECK_LEASE)
        CheckItem.objects.update(lease_until=Now())
    a_night_passes()

    assert states(run) == {registration.pk: "ok"}
    assert (run.items.get().attempts, run.items.get().unanswered) == (6, 2)


def test_an_item_that_every_worker_dies_of_ends(watched, entra):
    registration = watched()
    run = begun()
    CheckItem.objects.update(attempts=checking.MOST_CLAIMS)
    drain_checks()

    assert states(run) == {registration.pk: "not checked"}
    assert entra.counters["token", str(registration.tenant_id)] == 0
