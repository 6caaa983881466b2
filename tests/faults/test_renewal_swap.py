"""R21: a renewal's swap is atomic. Whoever dies or looks meanwhile: the old secret or the new one, never none."""

import os
import signal
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from invitations import renewals
from m365.models import AppRegistration, Credential, Validation
from m365.tasks import drain_checks, drain_validations
from m365.validation import Connection, Depth, validate
from portal import processes
from portal.core.actors import PORTAL
from portal.core.sealing import unseal
from portal.core.secrets import Secret
from tests.concurrency import at_once
from tests.conftest import IDA, actor_for
from tests.m365.nights import a_night_passes, begun, states
from tests.renewal import deployed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def moewe(customer, olga, entra):
    service, app = deployed(customer, olga, entra)
    service.app = app
    return service


@pytest.fixture
def renew(moewe, olga):
    """`renew(value)`: the customer sends a new secret with the link of the mail; the validation, queued."""

    def send(value):
        registration = AppRegistration.objects.get(pk=moewe.app_registration_id)
        invitation = renewals.ask(
            registration,
            IDA,
            olga,
            threshold=14,
            ends=timezone.now() + timedelta(days=7),
            customer_name="Möwe Reederei",
            service_name="Möwe fleet",
        )
        ids = {"tenant_id": registration.tenant_id, "client_id": registration.client_id}
        validation, _new = invitation.submit(PORTAL, secret=Secret(value), **ids)
        return validation

    return send


def registration_of(service):
    return AppRegistration.objects.select_related("active_credential").get(pk=service.app_registration_id)


def somebody_waits_for_us():
    """Whether another database session waits for a lock that this one holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
        )
        return cursor.fetchone()[0]


def signs_in(service, operator):
    """Whether the secret in use works, asked of the simulator by a validation."""
    validation = service.validate_again(actor_for(operator))
    Validation.objects.exclude(pk=validation.pk).update(next_try_at=None)
    drain_validations()
    validation.refresh_from_db()
    return validation.verdict == "valid"


def test_r21_a_worker_killed_between_validation_and_swap_leaves_the_old_secret_in_use(
    moewe, renew, olga, start_process
):
    old, new = registration_of(moewe).active_credential, moewe.app.add_secret(ends_in_days=300.5)
    worker = [*processes.worker("microsoft"), "-n", "doomed@localhost"]
    validation = renew(new.value)
    with transaction.atomic():
        # Whoever settles begins with this row: the worker has Microsoft's yes in its hands, and waits here.
        AppRegistration.objects.lock(moewe.app_registration_id)
        doomed = start_process("doomed", worker)
        doomed.wait_until(somebody_waits_for_us)
        steps = Validation.objects.values_list("steps", flat=True).get(pk=validation.pk)
        assert [step["state"] for step in steps] == ["ok"] * len(steps) != []
        os.killpg(doomed.process.pid, signal.SIGKILL)
        doomed.process.wait()

    registration = registration_of(moewe)
    validation.refresh_from_db()
    assert registration.active_credential == old
    assert unseal(registration.active_credential, "sealed_secret").reveal() == moewe.app.secrets[0].value
    assert (validation.verdict, validation.credential.state) == ("running", "candidate")

    Validation.objects.filter(pk=validation.pk).update(lease_until=Now() - timedelta(seconds=1))
    drain_validations()

    registration = registration_of(moewe)
    old.refresh_from_db()
    assert str(registration.active_credential.key_id) == new.key_id
    assert (old.state, old.sealed_secret) == ("retired", None)
    assert Credential.objects.exclude(sealed_secret=None).count() == 1
    assert signs_in(moewe, olga)


def nightly_check(service):
    """What a check by night does with whatever is in use when it looks: which credential that was, and the answer."""
    registration = registration_of(service)
    credential = registration.active_credential
    secret = unseal(credential, "sealed_secret")
    found = Connection(registration.cloud, registration.tenant_id, registration.client_id, secret)
    outcome = validate(found, lambda steps: None, Depth.NIGHTLY)
    return credential.pk, outcome.signed_in


def test_r21_a_check_during_the_swap_finds_the_old_secret_or_the_new_one_and_never_none(moewe, renew):
    for _ in range(5):
        old = registration_of(moewe).active_credential_id
        validation = renew(moewe.app.add_secret(ends_in_days=13).value)

        _swapped, *checks = at_once(drain_validations, *[lambda: nightly_check(moewe)] * 3)

        new = registration_of(moewe).active_credential_id
        assert new == validation.credential_id != old
        assert {credential for credential, _signed_in in checks} <= {old, new}
        assert [signed_in for _credential, signed_in in checks] == [True] * 3


def test_r21_a_nightly_run_during_the_swap_ends_with_the_connection_ok(moewe, renew):
    run = begun()
    validation = renew(moewe.app.add_secret(ends_in_days=300.5).value)

    at_once(drain_validations, drain_checks, drain_checks)
    a_night_passes()

    assert states(run) == {moewe.app_registration_id: "ok"}
    registration = registration_of(moewe)
    assert registration.active_credential_id == validation.credential_id
    assert registration.active_credential.days_left == 300
