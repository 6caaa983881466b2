"""`manage.py check_m365 TENANT_ID CLIENT_ID`: one live validation of three values, from the shell."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from m365 import causes, shape
from m365.clouds import Cloud
from m365.validation import STEPS, Connection, Outcome, Step, validate

SIGNS = {"ok": "ok     ", "warn": "warning", "err": "failed ", "wait": "no answer"}


class Command(BaseCommand):
    help = "Signs in to Microsoft 365 with three values and says what is wrong. Nothing is stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("tenant_id", help="Directory (tenant) ID, or a domain of the tenant")
        parser.add_argument("client_id", help="Application (client) ID")
        parser.add_argument("--cloud", choices=Cloud.values, default=Cloud.WORLDWIDE)
        parser.add_argument("--secret-stdin", action="store_true", help="read the secret's Value from stdin")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError, exit code 1, unless the registration is valid; findings are printed."""
        typed = (
            sys.stdin.readline() if options["secret_stdin"] else getpass.getpass("Client Secret (Value): ")
        )
        values = shape.read(options["tenant_id"], options["client_id"], typed)
        if values.problems:
            raise CommandError(
                "\n".join(f"{name}: {cause.customer}" for name, cause in values.problems.items())
            )
        connection = Connection(options["cloud"], **values.values)
        self._conclude(validate(connection, self._print_last))

    def _print_last(self, steps: list[Step]) -> None:
        step = steps[-1]
        note = f" ({step['note']})" if step["note"] else ""
        self.stdout.write(f"{SIGNS[step['state']]}  {step['ms'] / 1000:6.2f} s  {STEPS[step['name']]}{note}")

    def _conclude(self, outcome: Outcome) -> None:
        if not outcome.signed_in:
            trace = f" Microsoft's trace id: {outcome.answer.trace_id}" if outcome.answer.trace_id else ""
            raise CommandError(f"{outcome.cause.operator}{trace}")
        for finding in outcome.findings:
            cause = causes.CATALOGUE[finding["cause"]]
            self.stdout.write(f"finding: {cause.operator} {finding['permission']}".rstrip())
        self.stdout.write(f"{causes.OK.customer}: {outcome.tenant_name or 'name unknown'}")
        known = outcome.matches or []
        ends = known[0].ends.isoformat(timespec="minutes") if len(known) == 1 else "unknown"
        self.stdout.write(f"Client secret ends: {ends}")
