"""`manage.py verify_journal`: whether the journal is still what was written."""

from __future__ import annotations

import re
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.core.journal_seals import Account, JournalSeal, head, verify


def _seal(text: str) -> tuple[int, str]:
    found = re.fullmatch(r"(\d+):([0-9a-f]{64})", text)
    if found is None:
        raise ArgumentTypeError("a seal is NUMBER:HASH, as this command prints it")
    return int(found[1]), found[2]


class Command(BaseCommand):
    help = "Read the whole journal with its seals, and name each entry that was changed, removed or never sealed."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--head", type=_seal, metavar="SEAL", help="a seal kept elsewhere: it must still be there"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        account, flaws = Account(), 0
        known: tuple[int, str] | None = options["head"]
        for flaw in verify(account, known):
            flaws += 1
            self.stdout.write(str(flaw))
        if known and JournalSeal.objects.filter(number=known[0], hash=known[1]).exists():
            self.stdout.write(f"The chain still contains seal {known[0]:,} as it was kept.")
        if account.purged:
            places = f"{account.first_purged} to {account.last_purged}"
            self.stdout.write(
                f"The details of {account.purged:,} entries were purged, between seals {places}."
            )
        newest = head()
        self.stdout.write(f"{account.sealed:,} sealed entries; head {newest or 'none'}")
        if flaws:
            raise CommandError(f"{flaws:,} flaws: the journal is not what was written.")
