"""`manage.py bench`: the speed of the machinery, measured beside peers and floors; writes docs/benchmarks.md."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.environment import PROJECT


class Command(BaseCommand):
    help = "Measure M4 to M7 on real processes and write docs/benchmarks.md: manage.py bench [--help]"

    def run_from_argv(self, argv: list[str]) -> None:
        """Become the benchmark, which starts servers of its own before Django reads the settings."""
        os.chdir(PROJECT)
        os.execv(sys.executable, [sys.executable, "-m", "tests.bench", *argv[2:]])  # noqa: S606 - no shell wanted

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse to run inside another process: the settings are read already."""
        raise CommandError("Run the benchmark from the command line: python3 manage.py bench")
