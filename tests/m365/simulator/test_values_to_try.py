import json
import os
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from m365.simulator.clock import Clock
from m365.simulator.directory import Directory
from m365.simulator.loader import FileDirectory

SECRET_FORM = re.compile(r"^[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}$")
EPOCH = datetime(2026, 3, 2, 7, 21, 29, tzinfo=UTC)
KEYS = [
    example.key for example in FileDirectory(clock=Clock(), seed="keys", epoch=datetime.now(UTC)).examples
]


def outcome(client, tenant, client_id, secret):
    """What a client meets first, in the words of the directory file's `answer`."""
    try:
        discovery = client.discover(tenant, timeout=2)
        if discovery.status_code == 429:
            return "429"
        if discovery.status_code != 200:
            return f"AADSTS{discovery.json()['error_codes'][0]}"
        answer = client.post(
            discovery.json()["token_endpoint"],
            data={
                "client_id": client_id,
                "client_secret": secret,
                "grant_type": "client_credentials",
                "scope": "https://graph.microsoft.com/.default",
            },
            timeout=2,
        )
    except requests.exceptions.ReadTimeout:
        return "slow"
    except requests.exceptions.ConnectionError:
        return "drop"
    if "json" not in answer.headers["Content-Type"]:
        return str(answer.status_code)
    try:
        body = answer.json()
    except requests.exceptions.JSONDecodeError:
        return "truncated"
    if "error_codes" in body:
        return f"AADSTS{body['error_codes'][0]}"
    for path in ("/organization", f"/applications(appId='{client_id}')"):
        read = client.graph(path, body["access_token"])
        if read.status_code != 200:
            return read.json()["error"]["code"]
    return "token"


@pytest.mark.parametrize("key", KEYS)
def test_each_set_of_values_is_answered_as_the_file_says(client, entra, key):
    (example,) = (one for one in entra.directory.examples if one.key == key)

    assert outcome(client, example.tenant_id, example.client_id, example.client_secret) == example.answer


def test_values_are_the_same_after_a_restart_and_others_with_another_seed():
    first, again, other = (
        FileDirectory(clock=Clock(), seed=seed, epoch=EPOCH) for seed in ("one", "one", "two")
    )

    assert first.examples == again.examples
    ids = [[(one.tenant_id, one.client_id) for one in directory.examples] for directory in (first, other)]
    assert ids[0] == ids[1]
    secrets = [
        {
            secret.value
            for tenant in directory.tenants.values()
            for app in tenant.applications.values()
            for secret in app.secrets
        }
        for directory in (first, other)
    ]
    assert not secrets[0] & secrets[1]


def test_dates_count_from_the_epoch():
    directory = FileDirectory(clock=Clock(), seed="one", epoch=EPOCH)

    (app,) = directory.tenant("bergmann").applications.values()

    assert [secret.ends_at.isoformat() for secret in app.secrets] == ["2027-03-01T07:21:29+00:00"]


def test_every_secret_has_the_form_of_a_real_one_and_its_hint():
    directory = FileDirectory(clock=Clock(), seed="one", epoch=EPOCH)
    added = Directory(clock=Clock(), seed="two").add_tenant(name="Neu").add_application()
    secrets = [secret for app in directory.applications.values() for secret in app.secrets]
    secrets += [added.add_secret() for _ in range(200)]

    assert [secret.value for secret in secrets if not SECRET_FORM.match(secret.value)] == []
    assert {secret.hint for secret in secrets if secret.hint != secret.value[:3]} == {None}
    assert len({secret.value for secret in secrets}) == len(secrets)


def test_the_front_page_shows_every_set_and_loads_nothing(client, entra):
    page = client.get(f"{entra.login_url}/")
    listed = client.get(f"{entra.login_url}/values.json").json()

    assert (listed["login_url"], listed["graph_url"]) == (entra.login_url, entra.graph_url)
    assert [one["key"] for one in listed["sets"]] == KEYS
    shown = page.content.decode()
    for one in listed["sets"]:
        assert f"<code>{one['client_secret']}</code>" in shown
        assert f"<code>{one['tenant_id']}</code>" in shown
    assert re.findall(r"(?:src|href)=\"(?!#|/values\.json)[^\"]*", shown) == []
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_an_unknown_path_is_not_found(client, entra):
    assert client.get(f"{entra.login_url}/nonsense").status_code == 404


@pytest.fixture
def process(tmp_path):
    """The simulator as a process of its own, ready; ended with its test."""
    words = (
        "--port",
        "0",
        "--page-port",
        "0",
        "--seed",
        "one",
        "--epoch",
        EPOCH.isoformat(),
        "--ca",
        "ca.pem",
    )
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    with subprocess.Popen(
        [sys.executable, "-m", "m365.simulator", *words],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as started:
        started.ready = started.stdout.readline()
        yield started
        started.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_says_when_it_is_ready_serves_and_ends_when_told(process, tmp_path, number):
    login, page = re.fullmatch(r"Simulator ready: (\S+) \(page (\S+)\)\n", process.ready).groups()

    values = requests.get(f"{page}values.json", timeout=10).json()
    example = next(one for one in values["sets"] if one["key"] == "bergmann")
    url = f"{login}/{example['tenant_id']}/v2.0/.well-known/openid-configuration"
    session = requests.Session()
    document = session.get(url, verify=str(tmp_path / "ca.pem"), timeout=10).json()
    process.send_signal(number)

    assert process.wait(timeout=30) == 0
    assert document["token_endpoint"].startswith(f"{login}/")
    expected = FileDirectory(clock=Clock(), seed="one", epoch=EPOCH).examples
    assert values["sets"] == json.loads(json.dumps([vars(one) for one in expected]))
    session.close()


def test_a_taken_port_is_a_clear_message(entra, tmp_path):
    port = entra.login_url.rpartition(":")[2]

    ended = subprocess.run(
        [sys.executable, "-m", "m365.simulator", "--port", port, "--ca", tmp_path / "ca.pem"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stderr.startswith("The simulator cannot start:")
    assert not (tmp_path / "ca.pem").exists()
