"""The files of a deployment: valid, and of one mind with the portal about commands, queues and variables."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from portal import probe, processes
from portal.environment import PROJECT

DEPLOY = PROJECT / "docs" / "deploy"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
COMPOSE = yaml.safe_load((PROJECT / "compose.yaml").read_text())["services"]
KEYS = {"SECRET_KEY", "LINK_SIGNING_KEYS", "SEALING_KEYS", "DATABASE_URL", "REDIS_URL", "EMAIL_URL"}
KEYS |= {"METRICS_TOKEN", "NIGHTLY_HEARTBEAT_URL"}


def tool(name, *arguments):
    """What a linter has to say; it must be nothing."""
    program = Path(sys.executable).with_name(name)
    done = subprocess.run([program, *arguments], cwd=PROJECT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def resources():
    return [found for path in MANIFESTS for found in yaml.safe_load_all(path.read_text())]


def deployments():
    """The container of each, by its name."""
    found = {}
    for resource in resources():
        if resource["kind"] in ("Deployment", "Job"):
            [container] = resource["spec"]["template"]["spec"]["containers"]
            found[resource["metadata"]["name"]] = resource, container
    return found


def documented():
    """The variables of the README's table."""
    table = (PROJECT / "README.md").read_text().partition("### Variables")[2].partition("\n## ")[0]
    return {
        name
        for line in table.splitlines()
        if line.startswith("| `")
        for name in re.findall("`([A-Z][A-Z0-9_]+)`", line.split("|")[1])
    }


def test_hadolint_finds_nothing_in_the_dockerfile():
    assert tool("hadolint", "--no-color", "Dockerfile") == (0, "")


def test_compose_yaml_follows_the_specification():
    code, said = tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml")

    assert code == 0, said


def test_each_manifest_is_what_kubernetes_takes():
    assert MANIFESTS
    code, said = tool("kubernetes-validate", "--strict", *map(str, MANIFESTS))

    assert code == 0, said


@pytest.mark.parametrize("queue", processes.WORKER_SLOTS)
def test_each_queue_has_workers_with_the_portals_own_options(queue):
    ours = processes.worker(queue)[2:]
    of_compose = COMPOSE[f"worker-{queue}"]["command"]
    resource, container = deployments()[f"worker-{queue}"]

    assert {"--without-gossip", "--without-mingle", "-Q", queue} <= set(ours)
    for command in (of_compose, container["command"]):
        assert command[:6] == ["celery", "-A", "portal", "worker", "-Q", queue]
        assert command[-2:] == ["--without-gossip", "--without-mingle"]
    assert resource["spec"]["replicas"] == 2


def test_there_are_workers_of_no_other_queue():
    wanted = {f"worker-{queue}" for queue in processes.WORKER_SLOTS}

    assert {name for name in COMPOSE if name.startswith("worker-")} == wanted
    assert set(deployments()) == wanted | {"web", "beat", "migrate"}
    assert {deployments()[name][0]["spec"]["replicas"] for name in ("web", "beat")} == {2}


def test_the_slots_of_the_night_are_those_of_all_its_workers():
    settings = next(found for found in resources() if found["kind"] == "ConfigMap")["data"]
    resource, container = deployments()["worker-nightly"]
    slots = int(container["command"][container["command"].index("-c") + 1])

    assert int(settings["NIGHTLY_SLOTS"]) == slots * resource["spec"]["replicas"]


def test_every_variable_stands_in_the_readme_and_no_key_in_a_file():
    settings = next(found for found in resources() if found["kind"] == "ConfigMap")["data"]

    assert set(settings) <= documented()
    assert not set(settings) & KEYS
    assert set(COMPOSE["web"]["environment"]) <= documented()
    assert not any(found["kind"] == "Secret" for found in resources())


def test_nothing_runs_as_root_or_writes_to_its_image():
    for resource, container in deployments().values():
        assert resource["spec"]["template"]["spec"]["securityContext"]["runAsNonRoot"] is True
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
    for name in COMPOSE.keys() - {"database", "redis", "tls-proxy"}:
        assert COMPOSE[name]["read_only"] is True
        assert COMPOSE[name]["cap_drop"] == ["ALL"]
    assert re.search(r"^USER 10001$", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)


def test_redis_never_evicts():
    command = COMPOSE["redis"]["command"]

    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"


def test_the_image_has_each_package_of_the_portal():
    copied = set(re.findall(r"^COPY (\w+) \w+$", (PROJECT / "Dockerfile").read_text(), re.MULTILINE))

    assert copied == {"portal", "services", "invitations", "m365", "templates", "static"}


def test_the_page_says_that_no_image_was_built():
    assert "images were not built" in (DEPLOY / "README.md").read_text()


def test_the_health_check_of_a_container_asks_the_web_process(web_process, process_environ, monkeypatch):
    from urllib.parse import urlsplit

    url = urlsplit(process_environ["PUBLIC_URL"])
    argv = [sys.executable, "-m", "portal.probe"]
    asked = subprocess.run(argv, cwd=PROJECT, env=process_environ | {"PORT": str(url.port)}, check=False)

    assert asked.returncode == 0
    assert not probe.ready(url.port, "somebody-else.example")
    assert not probe.ready(1, url.netloc)
