"""`manage.py reseal`: after a new key was put first in SEALING_KEYS, so that the former one can go."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from portal.core.resealing import Progress, reseal
from portal.core.sealing import known_keys


class Command(BaseCommand):
    help = (
        "Seal everything with the first of SEALING_KEYS, while the portal runs. Can be stopped and run again."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        done: dict[str, Progress] = {}
        try:
            for progress in reseal():
                done[progress.name] = progress
                self.stdout.write(f"{progress.name}: {progress.done:,} sealed anew")
        except DatabaseError as error:
            raise CommandError(f"Stopped, run it again: {error}") from error
        if lost := [f"{name} {row}" for name, progress in done.items() for row in progress.unsealable]:
            raise CommandError(
                "These rows open with none of SEALING_KEYS, or were altered: "
                f"{', '.join(lost)}. Everything else is sealed with the first key."
            )
        self.stdout.write("Everything is sealed with the first of SEALING_KEYS.")
        if former := len(known_keys()) - 1:
            self.stdout.write(
                f"The other {former} may go, if every process has been restarted with the first one."
            )
