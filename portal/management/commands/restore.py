"""`manage.py restore FILE`: what `backup` wrote, in one transaction, then the migrations of this release."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from portal import backups


class Command(BaseCommand):
    help = "Put a backup in place. Stop web, workers and beat first."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="what `backup` wrote")
        parser.add_argument("--replace", action="store_true", help="what is in the database now goes")
        parser.add_argument(
            "--although-keys-are-lost",
            action="store_true",
            help="restore what can be read without the former keys",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        lost: bool = options["although_keys_are_lost"]
        try:
            manifest = backups.restore(options["file"], replace=options["replace"], keys_are_lost=lost)
        except (backups.BackupError, DatabaseError) as error:
            raise CommandError(f"Nothing was restored: {error}") from error
        call_command("migrate", interactive=False, verbosity=0)
        self.stdout.write(f"Everything is as of {manifest.made_at}. Start web, workers and beat.")
