"""Decisions about a tenant, and two customers who connect the same one, at the same moment."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections, transaction

from m365 import causes, holding, validations
from m365.models import AppRegistration, Validation
from m365.tasks import drain_validations
from m365.validation import Outcome
from tests.concurrency import at_once
from tests.m365.test_holding import OLGA, reread

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_decisions_at_the_same_moment_one_counts(register, submit):
    """20 pairs, each of a confirmation and a rejection."""
    for _ in range(20):
        validation = submit(register(expected_tenant_id=uuid.uuid4()))
        drain_validations()
        # All belong to one tenant: what the first confirmation made known was seen.
        reread(validation).held_for = [causes.OTHER_TENANT.name, causes.TENANT_IN_USE.name]
        validation.save(update_fields=["held_for"])
        seen = [Validation.objects.get(pk=validation.pk) for _ in range(2)]
        confirmed, rejected = at_once(
            lambda seen=seen: holding.confirm(seen[0], OLGA), lambda seen=seen: holding.reject(seen[1], OLGA)
        )

        registration = reread(validation.registration)
        assert (confirmed, rejected) in [(True, False), (False, True)]
        assert (registration.active_credential is not None, registration.held) == (confirmed, None)
        assert (reread(validation.credential).sealed_secret is not None) == confirmed


def test_two_customers_who_connect_one_tenant_at_the_same_moment_never_both_pass(register, submit):
    """20 pairs, each in a tenant nobody was connected to before the pair."""
    for _ in range(20):
        AppRegistration.objects.update(active_credential=None, held=None)
        pair = [submit(register()), submit(register())]

        at_once(drain_validations, drain_validations)

        assert sorted(reread(row).verdict for row in pair) == ["held", "valid"]


def test_the_second_customer_is_judged_when_the_first_has_committed(register, submit):
    """What the pairs above may happen to miss: the second arrives while the first is settled, not yet committed."""
    first, second = submit(register()), submit(register())
    claimed = Validation.objects.claim(batch=2, lease=timedelta(minutes=2))
    outcome = Outcome(signed_in=True)

    def conclude_second():
        try:
            validations.conclude(claimed[1], outcome, 1)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            validations.conclude(claimed[0], outcome, 1)
            concluding = threads.submit(conclude_second)
            with pytest.raises(TimeoutError):
                concluding.result(timeout=0.5)
        concluding.result(timeout=10)

    assert [reread(row).verdict for row in (first, second)] == ["valid", "held"]
