"""Which cloud a tenant is in, which hosts may be asked for it, and where its secret goes."""

import json
import secrets
import uuid
from datetime import UTC, datetime

import pytest

from m365 import clouds, http
from m365.clouds import Cloud, endpoints, of_document
from m365.http import HostRefused, ask
from m365.simulator.clock import Clock
from m365.simulator.clouds import CLOUDS
from m365.simulator.loader import FileDirectory
from m365.simulator.simulator import Simulator
from m365.validation import Connection, validate
from portal.core.secrets import Secret

# tenant_region_scope, tenant_region_sub_scope, cloud_instance_name, msgraph_host: the cloud, None: ask the operator.
DOCUMENTS = [
    (("EU", None, "microsoftonline.com", "graph.microsoft.com"), Cloud.WORLDWIDE),
    (("NA", None, "microsoftonline.com", "graph.microsoft.com"), Cloud.WORLDWIDE),
    (("NA", "GCC", "microsoftonline.com", "graph.microsoft.com"), Cloud.WORLDWIDE),
    (("USGov", "DODCON", "microsoftonline.us", "graph.microsoft.us"), Cloud.GCC_HIGH),
    (("USG", "DODCON", "microsoftonline.us", None), Cloud.GCC_HIGH),
    (("USGov", "dodcon", "microsoftonline.com", None), Cloud.GCC_HIGH),
    (("USGov", "DOD", "microsoftonline.us", "dod-graph.microsoft.us"), Cloud.DOD),
    (("USGov", None, "microsoftonline.us", "dod-graph.microsoft.us"), Cloud.DOD),
    (("AS", None, "partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn"), Cloud.CHINA),
    (("AS", None, "partner.microsoftonline.cn", None), Cloud.CHINA),
    (("EU", None, "microsoftonline.com", None), Cloud.WORLDWIDE),
    (("USGov", None, "microsoftonline.us", None), None),
    (("USGov", "DOD", "microsoftonline.us", "graph.microsoft.us"), None),
    (("USGov", "SOMETHING", "microsoftonline.us", "graph.microsoft.us"), None),
    (("EU", None, "sovcloud-identity.fr", "graph.sovcloud.example"), None),
    (("EU", None, "sovcloud-identity.fr", None), None),
    ((None, None, None, None), None),
    ((5, [], {}, True), None),
]
FIELDS = ("tenant_region_scope", "tenant_region_sub_scope", "cloud_instance_name", "msgraph_host")


@pytest.mark.parametrize(("values", "cloud"), DOCUMENTS)
def test_what_discovery_says_names_the_cloud_or_the_operator_is_asked(values, cloud):
    document = {name: value for name, value in zip(FIELDS, values, strict=True) if value is not None}

    assert of_document(document) == cloud


@pytest.mark.parametrize(
    ("cloud", "login", "graph"),
    [
        ("worldwide", "login.microsoftonline.com", "graph.microsoft.com"),
        ("gcc_high", "login.microsoftonline.us", "graph.microsoft.us"),
        ("dod", "login.microsoftonline.us", "dod-graph.microsoft.us"),
        ("china", "login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn"),
    ],
)
def test_each_cloud_has_its_hosts_and_its_scope_and_both_can_be_replaced(settings, cloud, login, graph):
    for name in clouds.overrides(cloud):
        setattr(settings, name, "")
    own = endpoints(cloud)
    assert (own.login, own.graph, own.scope) == (
        f"https://{login}",
        f"https://{graph}",
        f"https://{graph}/.default",
    )
    login_name, graph_name = clouds.overrides(cloud)
    setattr(settings, login_name, "https://localhost:1")
    setattr(settings, graph_name, "https://localhost:2")

    assert endpoints(cloud) == clouds.Endpoints("https://localhost:1", "https://localhost:2", own.scope)


def test_a_replaced_cloud_asks_microsofts_own_host_no_more(settings):
    settings.M365_LOGIN_URL_CHINA = settings.M365_GRAPH_URL_CHINA = "https://localhost:1"

    with pytest.raises(HostRefused):
        ask("GET", "https://login.partner.microsoftonline.cn/x")
    with pytest.raises(HostRefused):
        ask("GET", "https://login.microsoftonline.com/x")  # replaced by the tests' simulator


@pytest.fixture
def cloud_of(settings, tmp_path):
    """Starts the simulator of a cloud on a port of its own; several of them trust each other's authority."""
    started = []

    def start(name):
        directory = FileDirectory(
            clock=Clock(), seed=secrets.token_hex(), epoch=datetime.now(UTC), cloud=CLOUDS[name]
        )
        simulator = Simulator(directory, ca_path=tmp_path / f"{name}.pem")
        simulator.start()
        started.append(simulator)
        for setting in clouds.overrides(name):
            setattr(settings, setting, simulator.login_url)
        settings.M365_CA_BUNDLE = str(simulator.ca_path)
        http.session.cache_clear()
        return simulator

    yield start
    for simulator in started:
        simulator.stop()
    http.session.cache_clear()


@pytest.mark.parametrize("name", ["gcc_high", "dod", "china"])
def test_a_tenant_of_another_cloud_is_validated_there(cloud_of, name):
    simulator = cloud_of(name)
    [example] = simulator.directory.examples

    outcome = validate(_connection(name, example), lambda steps: None)

    assert (outcome.cause.name, outcome.findings, outcome.undecided) == ("ok", [], False)
    assert {endpoint for endpoint, _ in simulator.counters} == {
        "discovery",
        "token",
        "organization",
        "applications",
    }


def test_the_wrong_us_government_cloud_is_told_before_the_secret_is_sent(cloud_of, settings):
    simulator = cloud_of("dod")
    settings.M365_LOGIN_URL_GCC_HIGH = settings.M365_GRAPH_URL_GCC_HIGH = simulator.login_url
    [example] = simulator.directory.examples

    outcome = validate(_connection("gcc_high", example), lambda steps: None)

    assert (outcome.cause.name, outcome.signed_in) == ("wrong_cloud", False)
    assert simulator.counters["token", example.tenant_id] == 0


def test_an_endpoint_of_another_cloud_is_a_wrong_cloud_and_gets_no_secret(entra, settings):
    """As the worldwide host may answer for a tenant of a US Government cloud, with that cloud's endpoints."""
    org = entra.add_tenant(name="Harbor Defense Logistics Inc.")
    secret = org.add_application().add_secret()
    [client_id] = org.applications
    settings.M365_LOGIN_URL_GCC_HIGH = "https://localhost:1"
    document = {
        "token_endpoint": f"https://localhost:1/{org.id}/oauth2/v2.0/token",
        "cloud_instance_name": "microsoftonline.us",
        "tenant_region_sub_scope": "DODCON",
    }
    entra.fault(org, "discovery", "scripted", body=json.dumps(document).encode())

    connection = Connection("worldwide", uuid.UUID(org.id), uuid.UUID(client_id), Secret(secret.value))
    outcome = validate(connection, lambda steps: None)

    assert (outcome.cause.name, outcome.signed_in) == ("wrong_cloud", False)
    assert entra.counters["token", org.id] == 0


def _connection(cloud, example):
    return Connection(
        cloud,
        uuid.UUID(example.tenant_id),
        uuid.UUID(example.client_id),
        Secret(example.client_secret),
    )
