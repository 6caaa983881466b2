"""A failpoint stops a process that a test armed; anywhere else it is nothing."""

import os
import subprocess
import sys

import psutil
import pytest

from portal.processes import Child
from tests.processes import LOGS

PASS_IT_TWICE = """
import django; django.setup()
from portal.core.failpoints import failpoint
failpoint("other.place"); failpoint("here"); failpoint("here"); print("passed")
"""
PROGRAM = [sys.executable, "-c", PASS_IT_TWICE]


@pytest.mark.parametrize("mode", ["production", "demo"])
def test_outside_tests_nothing_can_be_armed(mode):
    environ = os.environ | {
        "PORTAL_MODE": mode,
        "FAILPOINTS": "here",
        "PUBLIC_URL": "https://connect.example",
    }

    assert subprocess.check_output(PROGRAM, env=environ, text=True, timeout=60) == "passed\n"


def test_an_armed_one_stops_the_process_once():
    environ = os.environ | {"FAILPOINTS": "elsewhere,here", "DJANGO_SETTINGS_MODULE": "portal.settings"}
    child = Child("failpoint", PROGRAM, LOGS / "failpoint.log", environ=environ)
    child.wait_until(lambda: psutil.Process(child.process.pid).status() == psutil.STATUS_STOPPED)

    psutil.Process(child.process.pid).resume()

    assert child.process.wait(timeout=30) == 0
    assert child.tail() == "passed"
