"""A pytest plugin: one simulated Microsoft 365 for all tests of this process, in it and behind a real port.

It starts before pytest loads anything else, because Django's settings are read then. The addresses go into the
environment, so that web and worker processes started by a test talk to the same simulator. If M365_LOGIN_URL is set
already, that server is left in charge and tests which steer the simulator fail with a word about it.
"""

import os
import secrets
from datetime import UTC, datetime

import pytest

from m365.simulator.clock import Clock
from m365.simulator.loader import FileDirectory
from m365.simulator.simulator import Simulator
from tests import parallel
from tests.realservices import HOME

# Set beside the addresses: a pytest that a test starts must not take the outer run's simulator for somebody's server.
OURS = "M365_SIMULATED_BY_TESTS"
ADDRESSES = ("M365_LOGIN_URL", "M365_GRAPH_URL", "M365_CA_BUNDLE")

SIMULATOR = None


def _start():
    """The running simulator, or None when another server is named in the environment."""
    if os.environ.get("M365_LOGIN_URL") and OURS not in os.environ:
        return None
    directory = FileDirectory(clock=Clock(), seed=secrets.token_hex(), epoch=datetime.now(UTC))
    simulator = Simulator(directory, ca_path=HOME / "simulator-ca.pem")
    simulator.start()
    os.environ.update(
        zip(ADDRESSES, (simulator.login_url, simulator.graph_url, str(simulator.ca_path)), strict=True)
    )
    os.environ[OURS] = "1"
    return simulator


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config):
    global SIMULATOR
    if not early_config.stash[parallel.DIVIDES]:
        SIMULATOR = _start()
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    if SIMULATOR:
        SIMULATOR.stop()
        for name in (*ADDRESSES, OURS):
            os.environ.pop(name, None)


@pytest.fixture(scope="session")
def simulator():
    """The run's simulator as it stands; most tests want `entra`."""
    if SIMULATOR is None:
        pytest.fail(
            "This test steers the simulator inside the test process: unset M365_LOGIN_URL.", pytrace=False
        )
    return SIMULATOR


@pytest.fixture
def entra(simulator):
    """The simulator without faults, counts or shifted time, its file's tenants as written."""
    simulator.reset()
    yield simulator
    simulator.reset()
