#!/usr/bin/env python3
"""Django's command line. Where the pinned Django is missing, it first makes .venv and continues there."""

import hashlib
import importlib.util
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

PROJECT = Path(__file__).resolve().parent
REQUIREMENTS = PROJECT / "requirements.txt"
VENV = PROJECT / ".venv"


def has_pinned_django() -> bool:
    """Whether the running interpreter has exactly the Django of requirements.txt."""
    pin = re.search(r"^django==(\S+)", REQUIREMENTS.read_text(encoding="utf-8"), re.MULTILINE | re.IGNORECASE)
    try:
        return pin is not None and metadata.version("django") == pin[1]
    except metadata.PackageNotFoundError:
        return False


def continue_in_venv() -> None:
    """Install requirements.txt into .venv unless its stamp says it is there, and run this again in it."""
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        sys.exit("Python's venv module is missing. Install it with: apt-get install python3-venv")
    stamp = VENV / "requirements.sha256"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    in_venv = Path(sys.prefix).resolve() == VENV
    if in_venv or not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        print(
            "Making .venv and installing the packages of requirements.txt (about a minute) …", file=sys.stderr
        )
        python = getattr(
            sys, "_base_executable", sys.executable
        )  # .venv's own would pull the rug from under it
        pip = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        try:
            subprocess.run([python, "-m", "venv", "--clear", VENV], check=True)
            subprocess.run([*pip, "--require-hashes", "-r", str(REQUIREMENTS)], check=True)
        except subprocess.CalledProcessError as error:
            sys.exit(f"The packages could not be installed: {error}")
        stamp.write_text(wanted, encoding="utf-8")
    os.execv(VENV / "bin" / "python", [str(VENV / "bin" / "python"), *sys.argv])


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - the check that older ones must reach
        sys.exit("Trunkline needs Python 3.11, 3.12 or 3.13; this is {}.{}.".format(*sys.version_info))
    if not has_pinned_django():
        continue_in_venv()

    from portal.environment import prepare

    prepare(sys.argv)  # what demo, test and bench need and the environment lacks
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"The portal cannot start: {error}")
