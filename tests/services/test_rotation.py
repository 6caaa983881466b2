"""A secret that the portal renews itself: in Entra, in the database, and when somebody dies or refuses in between."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from m365 import rotation
from m365.models import AppRegistration, Credential, Rotation, Validation
from m365.tasks import drain_rotations, drain_validations
from portal.core.clock import now
from portal.core.journal import JournalEntry
from portal.core.sealing import unseal
from portal.core.secrets import Secret
from tests.m365.nights import a_night_passes
from tests.rotation import proceed, the_only

pytestmark = pytest.mark.usefixtures("mailbox")
OWNED_BY = "Application.ReadWrite.OwnedBy"


def test_it_is_made_tested_put_in_use_and_the_former_one_is_removed(ending):
    registration, app = ending()
    former = app.secrets[0]

    assert rotation.begin(registration) is rotation.Begun.YES
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


def test_the_former_one_stays_until_nobody_can_be_using_it(ending):
    registration, app = ending()
    rotation.begin(registration)
    drain_rotations()
    drain_validations()
    Rotation.objects.update(next_try_at=Now())
    drain_rotations()

    assert the_only().stage == "removing"
    assert the_only().next_try_at - now() > timedelta(minutes=9)
    assert len(app.secrets) == 2


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

    assert rotation.begin(registration) is rotation.Begun.NOT_PERMITTED
    assert not Rotation.objects.exists()


def test_while_most_of_its_life_is_ahead_it_stays(ending):
    """Else a policy that allows 30 days would have it renewed night after night."""
    registration, _app = ending()
    registration.active_credential.not_before = now() - timedelta(days=3)
    registration.active_credential.save()

    assert rotation.begin(registration) is rotation.Begun.NOT_YET


def test_begun_twice_it_is_one(ending):
    registration, app = ending()

    assert [rotation.begin(registration), rotation.begin(registration)] == [rotation.Begun.YES] * 2
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
    Rotation.objects.update(created_at=now() - rotation.GIVES_UP_AFTER - timedelta(minutes=1))
    drain_rotations()

    assert (the_only().stage, the_only().cause_name) == ("failed", "outage")


def test_what_was_made_and_not_stored_is_removed(ending, entra):
    """The answer is lost on its way, or the worker dies with it: the value of that secret is lost for good."""
    registration, app = ending()
    entra.fault(app.tenant, "addPassword", "truncated", times=1)
    rotation.begin(registration)
    drain_rotations()
    assert (the_only().stage, len(app.secrets)) == ("making", 2)
    lost = app.secrets[-1]

    proceed()

    assert the_only().stage == "done"
    assert lost not in app.secrets
    assert len(app.secrets) == 1


def test_one_that_was_made_for_nothing_is_removed(ending):
    """Somebody else's new secret was put in use while ours was tested."""
    registration, app = ending()
    rotation.begin(registration)
    drain_rotations()
    other = app.add_secret(name="by hand", ends_in_days=364)
    former = registration.active_credential
    theirs = Credential.sealed(registration, Secret(other.value))
    Credential.objects.filter(pk=theirs.pk).update(state="active")
    AppRegistration.objects.filter(pk=registration.pk).update(active_credential=theirs)
    proceed()

    registration.refresh_from_db()
    assert (the_only().stage, the_only().cause_name) == ("failed", "too_late")
    assert registration.active_credential_id == theirs.pk
    assert {secret.name for secret in app.secrets} == {"by hand", "portal"}
    assert former.pk == the_only().replaces_id


def test_a_secret_of_the_enterprise_application_is_left_alone(ending):
    registration, app = ending()
    app.service_principal.secrets.append(app.secrets.pop())
    rotation.begin(registration)
    proceed()

    assert the_only().stage == "done"
    assert len(app.service_principal.secrets) == 1


def test_a_former_secret_that_entra_keeps_no_hint_of_is_left_alone(ending):
    """Which one it is was found by elimination: it could be somebody else's."""
    registration, app = ending()
    former = app.secrets[0]
    former.hint = None
    rotation.begin(registration)
    proceed()

    assert (the_only().stage, the_only().cause_name) == ("done", "former_unsure")
    assert former in app.secrets
    assert not JournalEntry.objects.filter(verb="m365.secret_removed").exists()


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
