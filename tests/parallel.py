"""A pytest plugin: a run is divided among as many processes as there are cores (pytest-xdist), file by file.

Each process starts servers of its own (tests/realservices.py), the one that divides starts none. A single file, and
whatever wants the terminal, stays in one process; `-n 0` and `-p no:xdist` keep everything there, `-n 3` says how many.
"""

import os
import signal
from pathlib import Path

import psutil
import pytest

# Each process costs a database and perhaps a web process and workers; beyond this they wait for each other.
MOST = 4
# pytest's options that stop or speak between the tests.
FOR_ONE = ("usepdb", "trace", "stepwise", "stepwise_skip", "collectonly", "help", "version")
DIVIDES = pytest.StashKey[bool]()

# Taken out, so that a pytest started by a test is a run of its own.
_name = os.environ.pop("PYTEST_XDIST_WORKER", None)
WORKER = None if _name is None else int(_name.removeprefix("gw"))


# Ended from outside, pytest unwinds as after Ctrl-C, so that nothing is left behind.
signal.signal(signal.SIGTERM, signal.default_int_handler)


def end_all(signum, frame):
    """The same for the process that divides: a terminal tells every process of the run, others only this one."""
    for process in psutil.Process().children():
        process.send_signal(signum)
    raise KeyboardInterrupt


def cores():
    """How many processes can work at the same time here, up to MOST."""
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(here, MOST)


def processes(options):
    """How many processes these options divide the run among; 0 where it stays in this one."""
    if not hasattr(options, "numprocesses"):
        return 0
    if options.numprocesses not in (None, "auto", "logical"):
        return options.numprocesses
    alone = any(getattr(options, name, False) for name in FOR_ONE) or options.capture == "no"
    files = {Path(path.partition("::")[0]) for path in options.file_or_dir}
    one_file = len(files) == 1 and all(file.is_file() for file in files)
    return 0 if alone or one_file or cores() == 1 else cores()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    return processes(config.known_args_namespace)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config, args):
    number = 0 if WORKER is not None else processes(early_config.known_args_namespace)
    early_config.stash[DIVIDES] = bool(number)
    if number:
        signal.signal(signal.SIGTERM, end_all)
        # In the order of the tree: the browser's files, which take longest, come first. What was asked for wins.
        args[:0] = ["-n", str(number), "--dist", "loadfile", "--no-loadscope-reorder"]
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    """pytest-playwright empties its folder when it starts: each process has one of its own."""
    if WORKER is not None and config.pluginmanager.hasplugin("playwright"):
        config.option.output = str(Path(config.option.output, str(WORKER)))
