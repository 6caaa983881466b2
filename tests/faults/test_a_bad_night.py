"""R16: one bad tenant never stops the others, and the run accounts for every one.

With a thousand it takes half a minute and runs on demand (`--faults`), with two hundred each time. Real HTTP to the
simulator from several workers at once, with the night's waits shortened by settings.
"""

import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.db.models.functions import Now

from m365.models import AppRegistration, CheckItem, ConnectionState, Credential
from m365.tasks import drain_checks, look_at_the_night
from portal.core.clock import now
from portal.core.sealing import seal_into
from portal.core.secrets import Secret
from tests.m365.nights import begun

pytestmark = pytest.mark.django_db(transaction=True)
SLOTS = 8
# So many of a hundred fail, all the night long, and how the others find them in the morning.
FAULTS = {"429": 5, "time-out": 1, "garbage": 1}


@pytest.fixture
def short_waits(settings):
    settings.NIGHTLY_PAUSE = timedelta(milliseconds=1)
    settings.M365_READ_TIMEOUT = 1
    settings.NIGHTLY_SLOTS = SLOTS


def many_watched(channel, entra, many):
    """Monitored registrations, each of an organisation of its own, in three statements."""
    rows, credentials = [], []
    for number in range(many):
        app = entra.add_tenant(name=f"Number {number} Ltd").add_application()
        row = AppRegistration(
            channel=channel, owner=uuid.uuid4(), monitored=True, state=ConnectionState.OK, checked_at=now(),
            tenant_id=uuid.UUID(app.tenant.id), client_id=uuid.UUID(app.client_id),
        )  # fmt: skip
        secret = app.add_secret().value
        credential = Credential(registration=row, state=Credential.State.ACTIVE, hint=secret[:3])
        seal_into(credential, "sealed_secret", Secret(secret))
        rows.append(row)
        credentials.append(credential)
    AppRegistration.objects.bulk_create(rows)
    Credential.objects.bulk_create(credentials)
    for row, credential in zip(rows, credentials, strict=True):
        row.active_credential = credential
    AppRegistration.objects.bulk_update(rows, ["active_credential"], batch_size=250)
    return rows


def make_unwell(entra, rows):
    """The first ones, which are found anywhere in the night, because ids are random; how many there are of each."""
    kinds = [kind for kind, share in FAULTS.items() for _ in range(share * len(rows) // 100)]
    for row, kind in zip(rows, kinds, strict=False):
        tenant = str(row.tenant_id)
        if kind == "time-out":
            entra.fault(tenant, "token", "slow", seconds=2)
        elif kind == "garbage":
            entra.fault(tenant, "applications", "truncated")
        else:
            entra.fault(tenant, "token", "429", retry_after="1", times=1)
    return Counter(kinds)


def worker():
    try:
        drain_checks()
    finally:
        connections.close_all()


@pytest.mark.parametrize("many", [200, pytest.param(1000, marks=pytest.mark.slow)])
def test_r16_bad_tenants_never_stop_the_others_and_every_one_is_accounted_for(
    channel, entra, short_waits, many
):
    rows = many_watched(channel, entra, many)
    unwell = make_unwell(entra, rows)
    run = begun()
    with ThreadPoolExecutor(SLOTS) as workers:
        while CheckItem.queue.open().exists():
            list(workers.map(lambda _slot: worker(), range(SLOTS)))
            CheckItem.queue.open().filter(lease_until=None).update(next_try_at=Now())
    look_at_the_night()

    run.refresh_from_db()
    tallies = Counter()
    for tally in run.tallies.all():
        tallies[ConnectionState(tally.state)] += tally.count
    assert run.finished_at is not None
    assert tallies == {
        ConnectionState.OK: many - unwell["time-out"] - unwell["garbage"],
        ConnectionState.TENANT_UNREACHABLE: unwell["time-out"] + unwell["garbage"],
    }
    # None of them was at fault: what was known of each stands.
    assert AppRegistration.objects.exclude(state=ConnectionState.OK).count() == 0
    throttled = [entra.counters["token", str(row.tenant_id)] for row in rows[: unwell["429"]]]
    assert min(throttled) == 2
