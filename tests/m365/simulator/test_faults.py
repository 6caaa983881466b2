import json
import threading

import pytest
import requests
from msal.exceptions import MsalServiceError

from m365.simulator.clock import Clock
from m365.simulator.directory import Directory
from m365.simulator.simulator import Simulator


def sign_in(client, app, secret):
    return client.sign_in(app.tenant.id, app.client_id, secret.value)


@pytest.mark.parametrize("endpoint", ["discovery", "token"])
def test_throttling_is_plain_text_with_a_time_to_wait(client, entra, org, app, secret, endpoint):
    entra.fault(org, endpoint, "429")

    with pytest.raises(ValueError, match=r".") as caught:
        sign_in(client, app, secret)

    assert isinstance(caught.value, json.JSONDecodeError) == (endpoint == "token")
    answer = client.last
    assert (
        answer.status_code,
        answer.text,
        answer.headers["Content-Type"],
        answer.headers["Retry-After"],
    ) == (
        429,
        "Too Many Requests",
        "text/plain",
        "60",
    )


@pytest.mark.parametrize("wait", ["7", "0.249", "-3", "999999", "Wed, 25 Nov 2026 07:28:00 GMT", None])
def test_the_time_to_wait_can_be_anything(client, entra, org, app, secret, wait):
    entra.fault(org, "token", "429", retry_after=wait)

    answer = client.token(org.id, client_id=app.client_id, client_secret=secret.value)

    assert answer.headers.get("Retry-After") == wait


@pytest.mark.parametrize("endpoint", ["discovery", "token"])
def test_an_outage_is_a_503_that_msal_turns_into_an_exception_without_a_code(
    client, entra, org, app, secret, endpoint
):
    entra.fault(org, endpoint, "503")

    with pytest.raises(MsalServiceError, match="HTTP Error: 503"):
        sign_in(client, app, secret)

    body = client.last.json()
    assert (body["error"], body["error_codes"]) == ("temporarily_unavailable", [90033])
    assert "Retry-After" not in client.last.headers


def test_a_gateway_answers_in_html(client, entra, org, app, secret):
    entra.fault(org, "token", "504")

    answer = client.token(org.id, client_id=app.client_id, client_secret=secret.value)

    assert (answer.status_code, answer.headers["Content-Type"]) == (504, "text/html")
    assert "504 Gateway Time-out" in answer.text


def test_a_dropped_connection_has_no_answer(client, entra, org, app, secret):
    entra.fault(org, "token", "drop")

    with pytest.raises(requests.exceptions.ConnectionError):
        sign_in(client, app, secret)

    assert entra.counters["token", org.id] == 1


def test_a_slow_answer_outlasts_the_client(client, entra, org):
    entra.fault(org, "discovery", "slow", seconds=30)

    with pytest.raises(requests.exceptions.ReadTimeout):
        client.discover(org.id, timeout=0.3)


def test_a_slow_answer_is_right_in_the_end(client, entra, org):
    entra.fault(org, "discovery", "slow", seconds=0.2)

    assert client.discover(org.id).elapsed.total_seconds() >= 0.2
    assert client.last.json()["tenant_region_scope"] == "EU"


@pytest.mark.parametrize("endpoint", ["discovery", "token"])
def test_half_a_document_is_no_json(client, entra, org, app, secret, endpoint):
    entra.fault(org, endpoint, "truncated")

    with pytest.raises(ValueError, match=r"."):
        sign_in(client, app, secret)

    assert client.last.status_code == 200
    with pytest.raises(requests.exceptions.JSONDecodeError):
        client.last.json()


def test_a_captive_portal_answers_for_microsoft(client, entra, org):
    entra.fault(org, "discovery", "html")

    answer = client.discover(org.id)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_an_error_may_come_with_status_200(client, entra, org, app, secret):
    entra.fault(org, "token", "error-200")

    result = sign_in(client, app, secret)

    assert (client.last.status_code, result["error"]) == (200, "temporarily_unavailable")


def test_discovery_can_name_a_strangers_token_endpoint(client, entra, org):
    entra.fault(org, "discovery", "foreign-endpoint")

    endpoint = client.discover(org.id).json()["token_endpoint"]

    assert endpoint == f"https://login.microsoftonline.example/{org.id}/oauth2/v2.0/token"


def test_graph_is_throttled_and_down_in_its_own_form(client, entra, org, token):
    entra.fault(org, "organization", "429", retry_after="12", times=1)
    throttled = client.graph("/organization", token)
    entra.fault(org, "organization", "503", times=1)
    down = client.graph("/organization", token)

    assert (throttled.status_code, throttled.headers["Retry-After"]) == (429, "12")
    assert throttled.json()["error"]["code"] == "TooManyRequests"
    assert (down.status_code, down.json()["error"]["code"]) == (503, "serviceNotAvailable")
    assert client.graph("/organization", token).status_code == 200


def test_a_fault_lasts_as_often_as_told_and_hits_nobody_else(client, entra, org, app, secret):
    other = entra.add_tenant(name="Andere AG")
    entra.fault(org, "discovery", "503", times=2)

    statuses = [client.discover(org.id).status_code for _ in range(3)]

    assert (statuses, client.discover(other.id).status_code) == ([503, 503, 200], 200)


def test_a_fault_can_hit_all_tenants_and_ends_with_a_reset(client, entra, org):
    entra.fault(None, None, "504")
    assert client.discover(org.id).status_code == 504

    entra.reset()

    assert client.discover(org.id).status_code == 200


@pytest.mark.parametrize(
    ("endpoint", "kind"), [("token", "418"), ("tokens", "429"), ("token", "foreign-endpoint")]
)
def test_a_mistyped_fault_is_refused(entra, org, endpoint, kind):
    with pytest.raises(ValueError, match=r"Unknown|Only discovery"):
        entra.fault(org, endpoint, kind)


def test_a_reset_restores_tenants_of_the_file_and_keeps_added_ones(client, entra, org):
    (app,) = entra.directory.tenant("bergmann").applications.values()
    app.disable()
    entra.clock.shift(days=400)
    client.discover(org.id)

    entra.reset()

    example = entra.directory.examples[0]
    assert entra.counters == {}
    assert "access_token" in client.sign_in(example.tenant_id, example.client_id, example.client_secret)
    assert client.discover(org.id).status_code == 200


def test_the_secret_of_a_row_is_found_by_its_client_id(client, entra, app, secret):
    entra.secret_of(app).ends(in_days=-1)

    assert sign_in(client, app, secret)["error_codes"] == [7000222]


def test_many_clients_are_served_at_once_and_all_are_counted(client, entra, org):
    def discover_often():
        for _ in range(20):
            client.discover(org.id)

    threads = [threading.Thread(target=discover_often) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert entra.counters == {("discovery", org.id): 160}


def test_a_stopped_simulator_frees_its_port_and_ends_what_it_was_doing(tmp_path):
    directory = Directory(clock=Clock(), seed="a")
    simulator = Simulator(directory, ca_path=tmp_path / "ca.pem", page_port=0)
    tenant = simulator.add_tenant(name="Kurz GmbH")
    url = f"{simulator.login_url}/{tenant.id}/v2.0/.well-known/openid-configuration"
    simulator.fault(tenant, "discovery", "slow", seconds=600)
    simulator.start()
    outcomes = []

    def ask():
        try:
            outcomes.append(requests.get(url, verify=str(simulator.ca_path), timeout=60).status_code)
        except requests.exceptions.ConnectionError:
            outcomes.append("ended")

    asking = threading.Thread(target=ask)
    asking.start()
    arrived = threading.Event()
    while not simulator.counters["discovery", tenant.id]:
        arrived.wait(0.01)
    simulator.stop()
    asking.join(timeout=30)

    assert outcomes in ([200], ["ended"])
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(url, verify=str(simulator.ca_path), timeout=5)
