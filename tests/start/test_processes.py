import os
import signal
import subprocess
import sys

import psutil
import pytest

from portal.processes import PROJECT, Child, ChildEnded, stop_all

SUPERVISOR = """
import sys, threading
from pathlib import Path
from portal.processes import Child
child = Child("sleeper", [sys.executable, "-c", "import time; time.sleep(600)"], Path(sys.argv[1]))
print(child.process.pid, flush=True)
threading.Event().wait()
"""
STUBBORN = """
import signal, threading
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
threading.Event().wait()
"""


def test_a_child_dies_with_its_supervisor_even_when_that_is_killed(tmp_path):
    argv = [sys.executable, "-c", SUPERVISOR, str(tmp_path / "log")]
    supervisor = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=PROJECT)
    child = psutil.Process(int(supervisor.stdout.readline()))

    supervisor.kill()
    supervisor.communicate()

    _gone, alive = psutil.wait_procs([child], timeout=10)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []


def test_a_child_that_ends_while_awaited_shows_its_last_words(tmp_path):
    child = Child(
        "web", [sys.executable, "-c", "print('no such table'); raise SystemExit(3)"], tmp_path / "log"
    )

    with pytest.raises(ChildEnded) as ended:
        child.wait_until(lambda: False)

    assert str(ended.value) == "web ended with exit code 3.\nno such table"


def test_a_child_that_ignores_the_request_to_stop_is_killed(tmp_path):
    child = Child("deaf", [sys.executable, "-c", STUBBORN], tmp_path / "log")
    child.wait_until(lambda: child.tail() == "deaf")

    stop_all([child], within=0.2)

    assert child.process.returncode == -signal.SIGKILL


def test_a_child_leads_its_own_session_so_that_ctrl_c_reaches_the_supervisor_only(tmp_path):
    child = Child("sleeper", [sys.executable, "-c", "import time; time.sleep(600)"], tmp_path / "log")

    session = os.getsid(child.process.pid)
    stop_all([child])

    assert session == child.process.pid
    assert child.process.returncode == -signal.SIGTERM
