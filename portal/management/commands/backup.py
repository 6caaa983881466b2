"""`manage.py backup FILE`: all that PostgreSQL holds in one file, while the portal runs."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from portal import backups


class Command(BaseCommand):
    help = "Write everything into one file, except the keys, which are kept elsewhere."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", type=Path, help="the file to write; an older one of this name is replaced"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        target: Path = options["file"].absolute()
        try:
            manifest = backups.make(target)
        except (backups.BackupError, DatabaseError, OSError) as error:
            raise CommandError(f"No backup was made: {error}") from error
        size = target.stat().st_size / 1e6
        self.stdout.write(f"{target}: everything as of {manifest.made_at}, {size:.1f} MB.")
        self.stdout.write("Not in it: SECRET_KEY, LINK_SIGNING_KEYS and SEALING_KEYS. Keep them elsewhere.")
