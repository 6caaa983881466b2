"""Settings: safe for production by default, and what is missing is named, all of it at once."""

import os
import subprocess
import sys

import pytest

GOOD = {
    "SECRET_KEY": "s" * 60,
    "LINK_SIGNING_KEYS": "l" * 60,
    "SEALING_KEYS": "MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA=",
    "PUBLIC_URL": "https://connect.example",
    "DATABASE_URL": "postgres://portal@/portal?host=/nowhere",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "EMAIL_URL": "smtp://127.0.0.1:1",
}


def read_settings(**changes):
    """What a fresh process says when it reads the settings from this environment alone."""
    environ = {name: value for name, value in (GOOD | changes).items() if value is not None}
    said = subprocess.run(
        [sys.executable, "-W", "error", "-c", "import portal.settings"],
        env=environ | {"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    return said.stderr.strip().rpartition("ImproperlyConfigured: ")[2]


def test_with_the_seven_settings_it_starts():
    assert read_settings() == ""


def test_everything_missing_is_named_at_once():
    assert (
        read_settings(**dict.fromkeys(GOOD))
        == f"Settings are missing from the environment: {', '.join(GOOD)}"
    )


def test_an_empty_setting_is_a_missing_one():
    assert read_settings(SEALING_KEYS="") == "Settings are missing from the environment: SEALING_KEYS"


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"PUBLIC_URL": "http://connect.example"}, "PUBLIC_URL must begin with https://"),
        ({"CLOCK_SHIFT": "86400"}, "CLOCK_SHIFT moves the portal's clock and is refused in production"),
        (
            {"SEALING_KEYS": f"{GOOD['SEALING_KEYS']},too-short"},
            "SEALING_KEYS are 32 random bytes each, in URL-safe base64",
        ),
        *(
            ({name: url}, "M365_LOGIN_URL and M365_GRAPH_URL are https://host:port, without a path")
            for name in ("M365_LOGIN_URL", "M365_GRAPH_URL")
            for url in ("http://localhost:8443", "https://localhost:8443/", "https://a@localhost")
        ),
        (
            {"LINK_SIGNING_KEYS": "short"},
            "SECRET_KEY and each of LINK_SIGNING_KEYS need 32 characters or more",
        ),
        ({"METRICS_TOKEN": "short"}, "METRICS_TOKEN needs 32 characters or more"),
        (
            {"NIGHTLY_HEARTBEAT_URL": "http://monitor.example/secret"},
            "NIGHTLY_HEARTBEAT_URL must begin with https://",
        ),
        ({"PORTAL_MODE": "debug"}, "PORTAL_MODE is production, demo or test, not 'debug'"),
        (
            {"PUBLIC_URL": "connect.example"},
            "PUBLIC_URL is scheme, host and perhaps port, for example https://connect.example",
        ),
    ],
)
def test_what_production_must_not_have_is_refused(changes, refusal):
    assert read_settings(**changes) == refusal


def test_leases_and_sweeps_are_shortened_by_tests_alone():
    """In production the variables that do so change nothing."""
    short = {
        "MAIL_LEASE_SECONDS": "3",
        "M365_CHECK_LEASE_SECONDS": "3",
        "SWEEP_SECONDS": "1",
        "SILENT_AFTER_SECONDS": "6",
    }
    told = "import portal.settings as s; print(s.MAIL_LEASE, s.M365_CHECK_LEASE, s.SWEEP, s.SILENT_AFTER)"

    def lengths(mode):
        environ = GOOD | short | {"PORTAL_MODE": mode, "PATH": os.environ["PATH"]}
        return subprocess.check_output([sys.executable, "-c", told], env=environ, text=True).split()

    assert lengths("test") == ["0:00:03", "0:00:03", "0:00:01", "0:00:06"]
    assert lengths("production") == lengths("demo") == ["0:02:00", "0:02:00", "0:01:00", "0:03:00"]
