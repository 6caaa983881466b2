"""A secret that the portal renews itself: in Entra, in the database, and when somebody dies or refuses in between."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from m365 import rotation
from m365.models import Credential, Rotation, Validation
from m365.tasks import drain_rotations, drain_validations
from portal.core.clock import now
from portal.core.journal import JournalEntry
from portal.core.sealing import unseal
from tests.concurrency import at_once
from tests.m365.nights import a_night_passes
from tests.rotation import proceed, the_only

pytestmark = pytest.mark.usefixtures("mailbox")
OWNED_BY = "Application.ReadWrite.OwnedBy"


def test_it_is_made_tested_put_in_use_and_the_former_one_is_removed(ending):
    registration, app = ending()
    former = app.secrets[0]

    assert rotation.begin(registration)
    proceed()

    registration.refresh_from_db()
    (new,) = app.secrets
    used = registration.active_credential
    assert new is not former
    assert (the_only().stage, the_only().cause_name) == ("done", "")
    assert unseal(used, "sealed_secret").reveal() == new.value
    assert (str(used.key_id), used.expiry) == (new.key_id, Credential.Expiry.KNOWN)
    assert registration.secret_ends_at == used.not_after
    assert abs(used.not_after - now() - timedelta(days=180)) < timedelta(minutes=5)
    assert Credential.objects.get(pk=the_only().replaces_id).sealed_secret is None


def test_the_journal_tells_what_was_changed_in_the_tenant_and_no_secret(ending):
    registration, app = ending()
    rotation.begin(registration)
    proceed()

    entries = JournalEntry.objects.filter(verb__regex="rotation|secret_made|secret_removed").order_by(
        "created_at"
    )
    assert [entry.verb for entry in entries] == [
        "m365.rotation_began",
        "m365.secret_made",
        "m365.secret_removed",
    ]
    assert app.secrets[0].value not in str(list(JournalEntry.objects.values()))


@pytest.mark.parametrize("missing", ["permission", "end"])
def test_without_leave_nothing_begins(ending, missing):
    registration, _app = ending(lets=missing != "permission")
    if missing == "end":
        Credential.objects.update(expiry=Credential.Expiry.TYPED)
    registration.refresh_from_db()

    assert not rotation.begin(registration)
    assert not Rotation.objects.exists()


def test_it_waits_for_half_of_the_life_of_the_former_one(ending):
    """Else a policy that allows 30 days would have it renewed night after night; and it needs no further warning."""
    registration, app = ending()
    used = registration.active_credential
    used.not_before = now() - timedelta(days=3)
    used.save()
    half = used.not_before + (used.not_after - used.not_before) / 2

    assert rotation.begin(registration)
    drain_rotations()

    assert (the_only().stage, the_only().due_at, the_only().waits) == ("making", half, True)
    assert abs(the_only().next_try_at - half) < timedelta(seconds=5)
    assert len(app.secrets) == 1
    proceed()
    assert the_only().stage == "done"


def test_begun_twice_it_is_one(ending):
    registration, app = ending()

    assert [rotation.begin(registration), rotation.begin(registration)] == [True, True]
    proceed()
    assert len(app.secrets) == 1
    assert Rotation.objects.count() == 1


def test_a_new_secret_that_entra_does_not_know_yet_is_tried_again(ending):
    registration, app = ending()
    app.replicates_in = timedelta(seconds=1.5)
    rotation.begin(registration)
    drain_rotations()
    drain_validations()
    validation = Validation.objects.get(purpose=rotation.PURPOSE)
    assert validation.watching

    app.secrets[-1].replication = timedelta()
    proceed()

    registration.refresh_from_db()
    assert the_only().stage == "done"
    assert str(registration.active_credential.key_id) == app.secrets[0].key_id


@pytest.mark.parametrize(("days", "lives"), [(100, 90), (45, 30)])
def test_a_policy_of_the_tenant_shortens_its_life(ending, days, lives):
    registration, app = ending()
    app.longest_secret = timedelta(days=days)
    rotation.begin(registration)
    proceed()

    (new,) = app.secrets
    assert round((new.ends_at - new.starts_at) / timedelta(days=1)) == lives


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda app: app.owners.clear(), "renewal_not_permitted"),
        (lambda app: app.revoke(OWNED_BY), "renewal_not_permitted"),
        (lambda app: setattr(app, "longest_secret", timedelta()), "renewal_against_policy"),
        (lambda app: setattr(app, "longest_secret", timedelta(days=7)), "renewal_against_policy"),
    ],
    ids=["not its own owner", "permission withdrawn", "no secrets", "a week at most"],
)
def test_what_the_tenant_refuses_leaves_everything_as_it_was(ending, change, cause):
    registration, app = ending()
    before, in_use = list(app.secrets), registration.active_credential_id
    change(app)

    rotation.begin(registration)
    proceed()

    registration.refresh_from_db()
    assert (the_only().stage, the_only().cause_name) == ("failed", cause)
    assert app.secrets == before
    assert registration.active_credential_id == in_use


def test_a_refusal_that_nobody_knows_is_ours_to_look_up(ending, entra):
    registration, app = ending()
    entra.fault(app.tenant, "addPassword", "refusal", status=409, code="Request_OfNextYear")
    rotation.begin(registration)
    proceed()

    assert (the_only().stage, the_only().cause_name) == ("failed", "renewal_refused")


def test_a_defect_ends_it_and_the_customer_is_asked(ending, settings):
    registration, _app = ending()
    rotation.begin(registration)
    settings.SEALING_KEYS = ["AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="]
    drain_rotations()

    assert (the_only().stage, the_only().cause_name) == ("failed", "our_fault")


def test_after_a_failure_the_next_crossing_may_try_again(ending):
    registration, app = ending()
    app.owners.clear()
    rotation.begin(registration)
    proceed()
    app.let_it_renew_itself()

    rotation.begin(registration)
    proceed()

    assert sorted(Rotation.objects.values_list("stage", flat=True)) == ["done", "failed"]


@pytest.mark.parametrize("endpoint", ["token", "applications", "addPassword"])
def test_an_outage_is_waited_for(ending, entra, endpoint):
    registration, app = ending()
    entra.fault(app.tenant, endpoint, "503", times=1)
    rotation.begin(registration)
    drain_rotations()
    assert (the_only().stage, the_only().next_try_at > now()) == ("making", True)

    proceed()

    assert the_only().stage == "done"
    assert len(app.secrets) == 1


def test_an_outage_of_most_of_a_day_gives_the_customer_time(ending, entra):
    registration, app = ending()
    entra.fault(app.tenant, "addPassword", "503")
    rotation.begin(registration)
    Rotation.objects.update(due_at=now() - rotation.GIVES_UP_AFTER - timedelta(minutes=1))
    drain_rotations()

    assert (the_only().stage, the_only().cause_name) == ("failed", "outage")


@pytest.mark.django_db(transaction=True)
def test_a_database_that_goes_away_meanwhile_is_no_reason_to_ask_the_customer(ending, entra):
    registration, app = ending()
    rotation.begin(registration)
    entra.fault(app.tenant, "addPassword", "slow", seconds=1, times=1)
    ours = backend()

    def cut_off():
        assert entra.wait_for("addPassword", app.tenant.id)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid NOT IN (%s, pg_backend_pid())",
                [ours],
            )

    [ended, _] = at_once(drain_rotations, cut_off, expected=DatabaseError)
    assert ended in (OperationalError, InterfaceError)
    assert (the_only().stage, the_only().cause_name) == ("making", "")

    Rotation.objects.update(lease_until=None)  # it has ended
    proceed()
    assert (the_only().stage, len(app.secrets)) == ("done", 1)


def backend():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def test_a_secret_that_is_not_accepted_any_more_is_called_that(ending):
    registration, app = ending()
    app.secrets.clear()
    rotation.begin(registration)
    proceed()

    assert (the_only().stage, the_only().cause_name) == ("failed", "wrong_secret")


def test_the_night_goes_on_with_the_new_one(ending, later):
    registration, _app = ending()
    rotation.begin(registration)
    proceed()
    later(days=1)

    run = a_night_passes()

    assert [item.get_state_display() for item in run.items.all()] == ["ok"]
