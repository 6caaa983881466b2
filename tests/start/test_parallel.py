"""The test run itself: divided among processes that share nothing, and gone when it is ended."""

import argparse
import json
import os
import sys

import psutil
import pytest

from portal.processes import Child, stop_all
from tests import parallel

# Two files of the same text; each tells where its servers are, waits if it shall, and skips its second test.
FILE = """
import json, os, threading
from pathlib import Path
import pytest

HERE = Path(__file__)

def test_it_runs():
    places = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "PUBLIC_URL")}
    said = HERE.with_suffix(".new")
    said.write_text(json.dumps({"process": os.getpid(), **places}))
    said.rename(HERE.with_suffix(".json"))
    if HERE.with_name("wait").exists():
        threading.Event().wait()

@pytest.mark.skipif(HERE.with_name("skip").exists(), reason="nobody noticed")
def test_it_runs_too():
    pass
"""


USUAL = {"numprocesses": None, "file_or_dir": [], "capture": "fd"}


class Run:
    """A bare pytest of its own on these two files, with a database and a Redis from outside that nobody asks."""

    def __init__(self, folder):
        self.folder, self.children = folder, []
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        for name in ("one", "two"):
            (folder / f"test_{name}.py").write_text(FILE)

    def start(self, **variables):
        given = {"DATABASE_URL": "postgres://x@127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1/3"}
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        bare = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "TMPDIR": str(self.temporary)}
        plugins = [
            "-p",
            "xdist",
            "-p",
            "tests.parallel",
            "-p",
            "tests.realservices",
            "-p",
            "no:cacheprovider",
        ]
        argv = [sys.executable, "-m", "pytest", self.folder, "-c", "/dev/null", *plugins, "-n", "2"]
        self.children.append(
            Child("pytest", argv, self.folder / "log", environ=kept | given | bare | variables)
        )
        return self.children[-1]

    def said(self):
        """What each file told, as soon as both have."""
        files = [self.folder / f"test_{name}.json" for name in ("one", "two")]
        self.children[-1].wait_until(lambda: all(file.exists() for file in files), within=60)
        return [json.loads(file.read_text()) for file in files]


@pytest.fixture
def run(home):
    run = Run(home)
    yield run
    stop_all(run.children)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"file_or_dir": ["tests/core"]},
        {"file_or_dir": [__file__, "tests/conftest.py"]},
        {"numprocesses": "auto"},
    ],
)
def test_more_than_one_file_is_divided_among_the_cores(options):
    number = parallel.cores()

    assert parallel.processes(argparse.Namespace(**USUAL | options)) == (number if number > 1 else 0)
    assert 1 <= number <= parallel.MOST


@pytest.mark.parametrize(
    "options",
    [
        {"file_or_dir": [__file__]},
        {"file_or_dir": [f"{__file__}::one", f"{__file__}::two"]},
        {"file_or_dir": [__file__], "numprocesses": "auto"},
        {"usepdb": True},
        {"usepdb": True, "numprocesses": "auto"},
        {"capture": "no"},
        {"collectonly": True},
        {"numprocesses": 0},
    ],
)
def test_a_single_file_and_whoever_needs_the_terminal_stay_in_one_process(options):
    assert parallel.processes(argparse.Namespace(**USUAL | options)) == 0


def test_the_number_that_was_asked_for_is_taken():
    assert parallel.processes(argparse.Namespace(**USUAL | {"numprocesses": 3})) == 3


def test_two_processes_share_nothing_and_what_did_not_run_fails_in_ci(run):
    (run.folder / "skip").touch()
    child = run.start(CI="true")

    one, two = run.said()

    assert child.process.wait() == pytest.ExitCode.TESTS_FAILED
    assert {name for name in one if one[name] == two[name]} == {"DATABASE_URL"}  # Django adds _gw0, _gw1
    assert sorted(said["REDIS_URL"] for said in (one, two)) == [
        "redis://127.0.0.1:1/3",
        "redis://127.0.0.1:1/4",
    ]
    assert "2 passed, 2 skipped" in child.tail(1)
    assert list(run.temporary.glob("trunkline-*")) == []


def test_ended_from_outside_nothing_is_left_behind(run):
    (run.folder / "wait").touch()
    child = run.start()
    workers = [psutil.Process(said["process"]) for said in run.said()]

    child.ask_to_stop()

    assert child.process.wait() == pytest.ExitCode.INTERRUPTED
    assert [worker for worker in workers if worker.is_running()] == []
    assert list(run.temporary.glob("trunkline-*")) == []
