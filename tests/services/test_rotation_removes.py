"""Which secrets a renewal by the portal removes in Entra: the former one, its own leavings, and no other."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from m365 import rotation
from m365.models import AppRegistration, Credential, Rotation
from m365.tasks import drain_rotations, drain_validations
from portal.core.clock import now
from portal.core.journal import JournalEntry
from portal.core.secrets import Secret
from tests.rotation import proceed, the_only

pytestmark = pytest.mark.usefixtures("mailbox")


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


def test_what_the_portal_made_itself_is_removed_by_its_key_alone(ending):
    """Once as a former secret, and once as one that was made for nothing; Entra need not keep a hint of it."""
    registration, app = ending()
    rotation.begin(registration)
    proceed()
    registration.refresh_from_db()
    made = app.secrets[0]
    made.hint, registration.active_credential.not_before = None, now() - timedelta(days=300)
    registration.active_credential.save()

    rotation.begin(registration)
    proceed()

    assert sorted(Rotation.objects.values_list("stage", "cause_name")) == [("done", ""), ("done", "")]
    assert made not in app.secrets
    assert len(app.secrets) == 1
