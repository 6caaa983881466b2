"""`manage.py test`: everything on real servers; all arguments but `--faults` are pytest's."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.environment import PROJECT


class Command(BaseCommand):
    help = "Run the tests with pytest: manage.py test [--faults] [pytest's arguments]"

    def run_from_argv(self, argv: list[str]) -> None:
        """Become pytest, so that its last line and its exit code are this command's."""
        os.chdir(PROJECT)
        os.execv(sys.executable, [sys.executable, "-m", "pytest", *_arguments(argv[2:])])  # noqa: S606 - no shell wanted

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse to run inside another process: pytest must start fresh."""
        raise CommandError("Run the tests from the command line: python3 manage.py test")


def _arguments(given: list[str]) -> list[str]:
    """Pytest's; `--faults` takes in the tests marked slow, which pyproject.toml leaves out."""
    if "--faults" not in given:
        return given
    return ["-m", "", *(word for word in given if word != "--faults")]
