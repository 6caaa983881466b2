import argparse
import fcntl
import json
import re
import socket
import stat

import pytest

from m365.clouds import Cloud, overrides
from portal import environment, places


def options(data, **changed):
    parser = argparse.ArgumentParser()
    environment.add_demo_options(parser)
    chosen = {"port": places.free_port(), "inbox_port": places.free_port(), "data": data} | changed
    return argparse.Namespace(**(vars(parser.parse_args([])) | chosen))


def test_the_first_start_fills_every_setting_and_the_second_finds_the_same_keys(home):
    first, second = {}, {}

    plan = environment.prepare_demo(options(home / "demo"), first)
    plan.lock.close()
    environment.prepare_demo(options(home / "demo", port=plan.port), second).lock.close()

    assert first == second
    assert first["PORTAL_MODE"] == "demo"
    assert first["PUBLIC_URL"] == f"http://localhost:{plan.port}"
    required = {"SECRET_KEY", "LINK_SIGNING_KEYS", "SEALING_KEYS", "DATABASE_URL", "REDIS_URL", "EMAIL_URL"}
    assert required <= first.keys()
    assert stat.S_IMODE((home / "demo" / "demo.json").stat().st_mode) == 0o600


def test_a_server_that_is_set_replaces_the_embedded_one(home):
    theirs = {
        "DATABASE_URL": "postgres://them@db.example/portal",
        "REDIS_URL": "redis://redis.example/0",
        "EMAIL_URL": "smtp://mail.example:25",
    }
    environ = dict(theirs)

    plan = environment.prepare_demo(options(home / "demo"), environ)
    plan.lock.close()

    assert {name: environ[name] for name in theirs} == theirs
    assert (plan.own_database, plan.redis_port, plan.smtp_port) == (False, None, None)


def test_without_simulator_microsoft_is_left_to_the_environment(home):
    environ = {"M365_LOGIN_URL": "https://login.example"}

    plan = environment.prepare_demo(options(home / "demo", no_simulator=True), environ)
    plan.lock.close()

    assert plan.simulator_port is None
    assert {name: value for name, value in environ.items() if name.startswith("M365_")} == {
        "M365_LOGIN_URL": "https://login.example"
    }


def test_no_cloud_of_the_demo_is_microsofts_own(home):
    environ = {}

    plan = environment.prepare_demo(options(home / "demo"), environ)
    plan.lock.close()

    addresses = {name: value for name, value in environ.items() if re.match("M365_(LOGIN|GRAPH)_URL", name)}
    assert {name for cloud in Cloud for name in overrides(cloud)} == set(addresses)
    assert all(address.startswith("https://localhost:") for address in addresses.values())
    assert len(set(addresses.values())) == len(Cloud)


def test_a_second_start_beside_the_first_is_refused(home):
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        with pytest.raises(SystemExit) as refused:
            environment.prepare_demo(options(home), {})

    assert str(refused.value) == (
        f"The demo cannot start: another one runs on {home}. "
        "End it first, or choose another folder with --data."
    )


def test_a_data_folder_that_cannot_be_one_is_named(home):
    file = home / "file"
    file.touch()

    with pytest.raises(SystemExit) as refused:
        environment.prepare_demo(options(file), {})

    assert str(refused.value) == (
        f"The demo cannot start: {file} cannot hold its data: Not a directory. "
        "Choose another folder with --data."
    )


@pytest.mark.parametrize(("option", "name"), [("--port", "port"), ("--inbox-port", "inbox_port")])
def test_a_port_in_use_is_named_with_the_option_that_changes_it(home, option, name):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(SystemExit) as refused:
            environment.prepare_demo(options(home, **{name: port}), {})

    assert str(refused.value) == (
        f"The demo cannot start: port {port} is in use. Choose another one with {option}."
    )
    assert not (home / "demo.json").exists()


def test_a_data_folder_with_a_long_path_gets_a_short_one_for_sockets(home):
    data = home / ("long" * 25)

    plan = environment.prepare_demo(options(data), {})
    plan.lock.close()

    assert len(str(plan.sockets)) <= places.LONGEST_SOCKET_FOLDER


def test_a_test_run_never_sends_to_a_real_mail_server_and_keeps_a_given_database():
    environ = {"DATABASE_URL": "postgres://ci@db.example/portal", "EMAIL_URL": "smtp://mail.example"}

    environment.prepare_tests(environ)
    again = dict(environ)
    environment.prepare_tests(again)

    assert environ == again
    assert environ["DATABASE_URL"] == "postgres://ci@db.example/portal"
    assert environ["EMAIL_URL"].startswith("smtp://127.0.0.1:")
    assert environ[environment.TEST_SERVERS] == "REDIS_URL"


@pytest.mark.parametrize(
    ("given", "third"),
    [("redis://redis.example", "2"), ("redis://:pw@redis.example:7000/3", "5")],
)
def test_a_part_of_a_test_run_has_places_of_its_own_and_a_given_redis_another_number(given, third):
    environ = {"REDIS_URL": given}
    environment.prepare_tests(environ)
    whole = dict(environ)

    environment.prepare_part_of_tests(environ, 2)

    changed = {name for name in environ if environ[name] != whole[name]}
    assert changed == {environment.TEST_HOME, "DATABASE_URL", "REDIS_URL", "EMAIL_URL", "PUBLIC_URL"}
    assert environ[environment.TEST_HOME] == f"{whole[environment.TEST_HOME]}/2"
    assert environ["REDIS_URL"] == f"{given.removesuffix('/3')}/{third}"


def test_a_held_port_is_given_to_nobody_else_and_taken_by_whom_it_is_held_for():
    port = places.free_port()

    with places.hold_port(port), socket.socket() as stranger:
        with pytest.raises(OSError, match="in use"):
            stranger.bind(("127.0.0.1", port))
        with socket.create_server(("127.0.0.1", port)) as web:  # with SO_REUSEADDR, as gunicorn does
            assert web.getsockname()[1] == port


def test_what_the_demo_keeps_is_readable_json(home):
    plan = environment.prepare_demo(options(home), {})
    plan.lock.close()

    kept = json.loads((home / "demo.json").read_text())

    assert kept["passwords"] == {
        "operator": plan.operator_password,
        "redis": plan.redis_password,
        "app": plan.operator_app_key,
    }
    assert kept["simulator"] == {"seed": plan.simulator_seed, "epoch": plan.simulator_epoch}
