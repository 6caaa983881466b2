"""One live validation against the simulated Microsoft 365, over HTTPS and through MSAL."""

import uuid

import pytest

from m365.http import HostRefused, ask
from m365.permissions import APPLICATION_READ, ORGANIZATION_READ
from m365.validation import STEPS, Connection, Depth, validate
from portal.core.secrets import Secret


@pytest.fixture
def org(entra):
    return entra.add_tenant(name="Brightwater Dental Group Ltd", domains=["brightwater-dental.example"])


@pytest.fixture
def app(org):
    return org.add_application()


@pytest.fixture
def secret(app):
    return app.add_secret(ends_in_days=364)


def outcome_of(org, app, in_use, depth=Depth.FULL, **changes):
    values = {
        "cloud": "worldwide",
        "tenant_id": uuid.UUID(org.id),
        "client_id": uuid.UUID(app.client_id),
        "secret": Secret(in_use.value),
    }
    return validate(Connection(**values | changes), lambda steps: None, depth)


def calls_of(entra, org):
    return {endpoint: count for (endpoint, tenant), count in entra.counters.items() if tenant == org.id}


def states(outcome):
    return {step["name"]: step["state"] for step in outcome.steps}


def test_a_good_registration_is_valid_and_everything_is_read(entra, org, app, secret):
    outcome = outcome_of(org, app, secret)

    assert (outcome.cause.name, outcome.signed_in, outcome.findings) == ("ok", True, [])
    assert states(outcome) == dict.fromkeys(STEPS, "ok")
    assert (outcome.tenant_name, outcome.app_name) == (org.name, app.name)
    assert [domain["name"] for domain in outcome.domains] == org.domains
    assert outcome.roles == [APPLICATION_READ, ORGANIZATION_READ]
    [known] = outcome.matches
    assert (str(known.key_id), known.hint) == (secret.key_id, secret.value[:3])


def test_it_asks_microsoft_four_times_and_never_for_the_instance(entra, org, app, secret):
    outcome_of(org, app, secret)

    assert calls_of(entra, org) == {"discovery": 1, "token": 1, "organization": 1, "applications": 1}
    assert not [endpoint for endpoint, _ in entra.counters if endpoint == "instance"]


def test_at_night_two_calls_tell_whether_it_works_and_when_the_secret_ends(entra, org, app, secret):
    outcome = outcome_of(org, app, secret, Depth.NIGHTLY)

    assert sum(entra.counters.values()) == 2
    assert calls_of(entra, org) == {"token": 1, "applications": 1}
    assert (outcome.cause.name, outcome.signed_in, outcome.findings) == ("ok", True, [])
    assert [str(known.key_id) for known in outcome.matches] == [secret.key_id]
    assert (outcome.app_name, outcome.roles) == (app.name, [APPLICATION_READ, ORGANIZATION_READ])
    assert (outcome.tenant_name, outcome.domains_read_at) == ("", None)
    assert states(outcome) == {name: "ok" for name in STEPS if name not in ("organisation", "details")}


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"tenant_id": uuid.uuid4()}, "unknown_tenant"),
        ({"client_id": uuid.uuid4()}, "unknown_application"),
        ({"secret": Secret("Xx8" + "Q~not-the-one-that-was-made-for-this-app")}, "wrong_secret"),
        ({"expected_tenant_id": uuid.uuid4()}, "other_tenant"),
    ],
)
def test_at_night_one_call_tells_what_broke(entra, org, app, secret, change, cause):
    outcome = outcome_of(org, app, secret, Depth.NIGHTLY, **change)

    assert (outcome.cause.name, outcome.signed_in, outcome.undecided) == (cause, False, False)
    assert sum(entra.counters.values()) == 1


@pytest.mark.parametrize("endpoint", ["token", "applications"])
def test_at_night_too_an_outage_is_undecided(entra, org, app, secret, endpoint):
    entra.fault(org, endpoint, "503")

    outcome = outcome_of(org, app, secret, Depth.NIGHTLY)

    assert (outcome.cause.name, outcome.undecided) == ("outage", True)


def test_at_night_a_secret_of_the_enterprise_application_takes_one_call_more(entra, org, app):
    secret = app.add_secret(ends_in_days=75, on_service_principal=True)

    outcome = outcome_of(org, app, secret, Depth.NIGHTLY)

    assert [str(known.key_id) for known in outcome.matches] == [secret.key_id]
    assert calls_of(entra, org) == {"token": 1, "applications": 1, "servicePrincipals": 1}


def test_each_step_keeps_its_result_its_duration_and_what_it_found(org, app, secret):
    outcome = outcome_of(org, app, secret)

    assert all(step["ms"] >= 0 for step in outcome.steps)
    assert {step["name"]: step["note"] for step in outcome.steps if step["note"]} == {
        "organisation": "Worldwide, and US Government GCC",
        "sign_in": "The secret fits the application",
        "details": org.name,
        "application": app.name,
        "credential": secret.name,
        "expiry": f"{secret.ends_at:%Y-%m-%d}",
    }


def test_progress_is_told_step_by_step(org, app, secret):
    told = []
    connection = Connection("worldwide", uuid.UUID(org.id), uuid.UUID(app.client_id), Secret(secret.value))
    validate(connection, lambda steps: told.append([step["name"] for step in steps]))

    names = list(STEPS)
    assert told == [names[: number + 1] for number in range(len(names))]


@pytest.mark.parametrize(
    ("change", "cause", "last_step"),
    [
        ({"tenant_id": uuid.uuid4()}, "unknown_tenant", "organisation"),
        ({"client_id": uuid.uuid4()}, "unknown_application", "sign_in"),
        ({"secret": Secret("Xx8" + "Q~not-the-one-that-was-made-for-this-app")}, "wrong_secret", "sign_in"),
        ({"secret": Secret(str(uuid.uuid4()))}, "secret_id", "sign_in"),
    ],
)
def test_a_wrong_value_is_told_apart(org, app, secret, change, cause, last_step):
    outcome = outcome_of(org, app, secret, **change)

    assert (outcome.cause.name, outcome.signed_in, outcome.undecided) == (cause, False, False)
    assert list(states(outcome).items())[-1] == (last_step, "err")


def test_an_expired_secret_is_told_apart(org, app):
    expired = app.add_secret(ends_in_days=-3)

    assert outcome_of(org, app, expired).cause.name == "expired_secret"


def test_a_secret_that_is_removed_is_noticed_at_the_next_check_although_a_token_was_issued(org, app, secret):
    assert outcome_of(org, app, secret).signed_in
    app.secrets.remove(secret)

    assert outcome_of(org, app, secret).cause.name == "wrong_secret"


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        ("429", "throttled"),
        ("503", "outage"),
        ("504", "outage"),
        ("drop", "unreachable"),
        ("truncated", "garbled"),
        ("html", "garbled"),
        ("error-200", "outage"),
    ],
)
@pytest.mark.parametrize("endpoint", ["discovery", "token", "organization", "applications"])
def test_what_passes_by_itself_is_nobodys_fault(entra, org, app, secret, kind, cause, endpoint):
    entra.fault(org, endpoint, kind, retry_after="1") if kind in ("429", "503") else entra.fault(
        org, endpoint, kind
    )
    outcome = outcome_of(org, app, secret)

    assert (outcome.cause.name, outcome.undecided, outcome.signed_in) == (cause, True, False)
    assert list(states(outcome).values())[-1] == "wait"


def test_no_address_without_tls_is_asked(settings):
    with pytest.raises(HostRefused):
        ask("GET", settings.M365_LOGIN_URL.replace("https://", "http://"))


def test_silence_ends_with_the_read_time_out(entra, org, app, secret, settings):
    settings.M365_READ_TIMEOUT = 0.2
    entra.fault(org, "token", "slow", seconds=30)

    assert outcome_of(org, app, secret).cause.name == "timed_out"


def test_a_token_endpoint_on_a_strangers_host_never_sees_the_secret(entra, org, app, secret):
    entra.fault(org, "discovery", "foreign-endpoint")
    outcome = outcome_of(org, app, secret)

    assert (outcome.cause.name, outcome.signed_in) == ("foreign_token_endpoint", False)
    assert entra.counters["token", org.id] == 0


def test_another_tenant_than_the_recorded_one_is_refused(org, app, secret):
    outcome = outcome_of(org, app, secret, expected_tenant_id=uuid.uuid4())

    assert (outcome.cause.name, outcome.signed_in) == ("other_tenant", False)


def test_without_the_right_to_read_applications_the_expiry_is_unknown_and_the_permission_named(org):
    app = org.add_application(roles=[ORGANIZATION_READ])
    outcome = outcome_of(org, app, app.add_secret(ends_in_days=100))

    assert (outcome.signed_in, outcome.matches) == (True, None)
    assert outcome.findings == [{"cause": "permission_missing", "permission": APPLICATION_READ}]
    assert outcome.tenant_name == org.name


def test_without_the_right_to_read_the_organisation_its_name_is_not_guessed(org):
    app = org.add_application(roles=[APPLICATION_READ])
    outcome = outcome_of(org, app, app.add_secret(ends_in_days=100))

    assert (outcome.signed_in, outcome.tenant_name, outcome.domains_read_at) == (True, "", None)
    assert outcome.findings == [{"cause": "consent_missing", "permission": ORGANIZATION_READ}]
    assert len(outcome.matches) == 1


def test_a_token_without_consent_is_no_working_set_up(org):
    app = org.add_application(roles=[])
    outcome = outcome_of(org, app, app.add_secret(ends_in_days=100))

    assert outcome.signed_in
    assert [finding["permission"] for finding in outcome.findings] == [ORGANIZATION_READ, APPLICATION_READ]


def test_neither_secret_nor_token_appears_in_a_log_line(entra, org, app, secret, caplog):
    caplog.set_level("DEBUG")
    outcome_of(org, app, secret)
    outcome_of(org, app, secret, client_id=uuid.uuid4())
    entra.fault(org, "token", "truncated")
    outcome_of(org, app, secret)

    assert secret.value not in caplog.text
    assert "eyJ" not in caplog.text
