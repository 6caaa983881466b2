"""What a nightly check finds out, over HTTP against the simulator, and what it changes."""

import pytest
from django.db.models.functions import Now

from m365.models import CheckItem, ConnectionState, Credential
from m365.tasks import drain_checks
from portal.core.journal import JournalEntry
from portal.core.secrets import Secret
from tests.m365.nights import a_night_passes, begun, states

pytestmark = pytest.mark.django_db


def expire(entra, registration):
    entra.secret_of(registration).ends(in_days=-1)


def revoke(entra, registration):
    entra.application_of(registration).secrets.clear()


def delete_app(entra, registration):
    app = entra.application_of(registration)
    del entra.directory.applications[app.client_id]


def hide_expiry(entra, registration):
    entra.application_of(registration).revoke("Application.Read.All")


def forbid_organisation(entra, registration):
    entra.application_of(registration).revoke("Organization.Read.All")


def nothing(entra, registration):
    pass


def delete_tenant(entra, registration):
    del entra.directory.tenants[str(registration.tenant_id)]


def fails(kind):
    def fail(entra, registration):
        entra.fault(str(registration.tenant_id), "token", kind)

    return fail


# What happened at Microsoft, how the item ends, its cause, and the connection's own state then.
TABLE = {
    "nothing": (nothing, "ok", "", "ok"),
    "a permission was withdrawn": (forbid_organisation, "ok with findings", "consent_missing", None),
    "the secret expired": (expire, "expired", "expired_secret", None),
    "the secret was removed": (revoke, "secret rejected", "wrong_secret", None),
    "the app was deleted": (delete_app, "app not found", "unknown_application", None),
    "the app was disabled": (
        lambda entra, row: entra.application_of(row).disable(), "access lost", "disabled", None
    ),
    "a policy blocks the app": (
        lambda entra, row: entra.application_of(row).block_by_policy(),
        "access lost", "conditional_access", None,
    ),
    "consent was withdrawn": (
        lambda entra, row: entra.application_of(row).remove_service_principal(),
        "access lost", "no_service_principal", None,
    ),
    "the tenant is gone": (delete_tenant, "access lost", "unknown_tenant", None),
    "the end may not be read": (hide_expiry, "cannot read expiry", "permission_missing", None),
    "Entra is down": (fails("503"), "tenant unreachable", "outage", "ok"),
    "a gateway is down": (fails("504"), "tenant unreachable", "outage", "ok"),
    "garbage": (fails("html"), "tenant unreachable", "garbled", "ok"),
    "half an answer": (fails("truncated"), "tenant unreachable", "garbled", "ok"),
    "the line breaks": (fails("drop"), "tenant unreachable", "unreachable", "ok"),
    "throttled": (fails("429"), "tenant unreachable", "throttled", "ok"),
}  # fmt: skip


@pytest.mark.parametrize(("happens", "state", "cause", "stands"), TABLE.values(), ids=TABLE)
def test_each_connection_ends_the_night_in_exactly_one_named_state(
    watched, entra, happens, state, cause, stands
):
    registration = watched()
    happens(entra, registration)

    run = a_night_passes()

    registration.refresh_from_db()
    assert states(run) == {registration.pk: state}
    assert run.items.get().cause_name == cause
    assert registration.get_state_display() == (stands or state)
    assert registration.state_cause == ("" if stands else cause)
    assert [(tally.get_state_display(), tally.cause_name, tally.count) for tally in run.tallies.all()] == [
        (state, cause, 1)
    ]


def test_every_named_state_but_not_checked_is_in_that_table():
    assert {state for _happens, state, _cause, _stands in TABLE.values()} == {
        state.label for state in ConnectionState
    } - {"not checked"}


def test_r17_a_revoked_secret_is_reported_although_a_token_was_cached(watched, entra):
    registration = watched()
    run = begun()
    drain_checks()
    first = states(run)
    run.delete()
    revoke(entra, registration)

    assert (first, states(a_night_passes())) == (
        {registration.pk: "ok"},
        {registration.pk: "secret rejected"},
    )


def test_a_good_check_takes_two_calls_at_most(watched, entra):
    registration = watched()
    a_night_passes()

    assert sum(entra.counters.values()) == 2
    assert entra.counters["token", str(registration.tenant_id)] == 1


def test_what_a_check_learns_is_kept(watched, entra):
    registration = watched(ends_in_days=41.5)
    a_night_passes()

    registration.refresh_from_db()
    credential = registration.active_credential
    assert (credential.days_left, str(credential.key_id)) == (41, entra.secret_of(registration).key_id)
    assert registration.secret_ends_at == credential.not_after
    assert registration.roles == ["Application.Read.All", "Organization.Read.All"]


def test_one_no_breaks_nothing_and_is_looked_at_again_five_minutes_later(watched, entra):
    registration = watched()
    revoke(entra, registration)
    begun()
    drain_checks()

    item, before = CheckItem.objects.get(), registration.checked_at
    registration.refresh_from_db()
    assert (item.state, item.cause_name, registration.get_state_display()) == (None, "wrong_secret", "ok")
    assert registration.checked_at == before
    assert 295 <= (item.next_try_at - item.suspected_at).total_seconds() <= 301


def test_a_no_that_is_taken_back_within_the_run_was_none(watched, entra):
    registration = watched()
    app = entra.application_of(registration)
    app.service_principal.enabled = False
    run = begun()
    drain_checks()
    app.service_principal.enabled = True
    CheckItem.objects.update(next_try_at=Now())
    drain_checks()

    registration.refresh_from_db()
    assert (states(run), registration.get_state_display()) == ({registration.pk: "ok"}, "ok")
    assert not JournalEntry.objects.filter(verb="m365.state_changed").exists()


def test_what_is_broken_already_needs_one_look(watched, entra):
    registration = watched(state=ConnectionState.SECRET_REJECTED)
    expire(entra, registration)
    run = begun()
    drain_checks()

    assert states(run) == {registration.pk: "expired"}
    assert entra.counters["token", str(registration.tenant_id)] == 1


def test_a_no_followed_by_silence_is_not_enough_to_call_it_broken(watched, entra):
    registration = watched()
    revoke(entra, registration)
    begun()
    drain_checks()
    fails("drop")(entra, registration)

    run = a_night_passes()

    registration.refresh_from_db()
    assert (states(run), registration.get_state_display()) == ({registration.pk: "tenant unreachable"}, "ok")


def test_the_journal_says_when_a_connection_changed_and_why(watched, entra):
    registration = watched()
    revoke(entra, registration)
    run = a_night_passes()

    entry = JournalEntry.objects.get(verb="m365.state_changed")
    assert entry.about == [registration.pk, run.pk]
    assert entry.detail.values == {"old": "ok", "new": "secret rejected", "cause": "wrong_secret"}
    assert entry.detail.actor_label == "the portal"
    finished = JournalEntry.objects.get(verb="nightly_run.finished")
    assert finished.detail.values == {"secret_rejected": 1}


def test_turned_bad_and_turned_good_are_told_from_what_nights_found(watched, entra):
    registration = watched()
    a_night_passes().delete()
    revoke(entra, registration)
    bad = a_night_passes()
    turned_bad = list(bad.items.turned_bad())
    # The same night once more, a day earlier: then there is a night before.
    type(bad).objects.update(date="2026-01-01")
    again = a_night_passes()

    assert [item.registration_id for item in turned_bad] == [registration.pk]
    assert list(again.items.turned_bad()) == []
    type(bad).objects.filter(pk=again.pk).update(date="2026-01-02")
    app = entra.application_of(registration)
    app.secrets.append(secret := app.add_secret())
    registration.active_credential.wipe(Credential.State.RETIRED)
    credential = Credential.sealed(registration, Secret(secret.value))
    credential.state = Credential.State.ACTIVE
    credential.save()
    type(registration).objects.update(active_credential=credential)
    good = a_night_passes()
    assert [item.get_before_display() for item in good.items.turned_good()] == ["secret rejected"]
