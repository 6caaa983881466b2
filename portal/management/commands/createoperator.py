"""`manage.py createoperator`: make an operator and give them one role."""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction

from portal.core import journal
from portal.core.actors import Actor, ActorKind
from portal.core.roles import Role
from portal.core.tenancy import Channel, Membership, Operator


class Command(BaseCommand):
    help = "Make an operator who signs in with a password, and give them one role."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="the address they sign in with")
        parser.add_argument("--name", required=True, help="how colleagues see them")
        parser.add_argument("--role", required=True, choices=Role.values)
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("--channel", metavar="NAME", help="the channel they work for")
        where.add_argument("--provider", action="store_true", help="they work for the provider: all channels")
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password's line from standard input"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        password = self.password(from_stdin=options["password_stdin"])
        try:
            validate_email(options["email"])
            with transaction.atomic():
                self.make_first_channel(options["channel"] or settings.PROVIDER_NAME)
                channel = self.channel(options["channel"]) if options["channel"] else None
                operator = Operator(email=options["email"].strip().lower(), name=options["name"])
                operator.clean_fields(exclude=["password"])
                operator.validate_unique()
                operator = Operator.objects.create_operator(operator.email, operator.name, password)
                Membership.objects.create(operator=operator, channel=channel, role=options["role"])
                console = Actor(ActorKind.PORTAL, "the command line")
                journal.write(
                    console, "operator.created", [operator, *filter(None, [channel])], role=options["role"]
                )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        place = channel.name if channel else "the provider"
        self.stdout.write(
            f"{operator.email} may sign in now: {Role(options['role']).label} of {place}. "
            "The first sign-in asks for a second factor to be set up."
        )

    def make_first_channel(self, name: str) -> None:
        """A new installation has one channel to begin with: customers belong to channels."""
        if not Channel.objects.exists():
            channel = Channel.objects.create(name=name)
            self.stdout.write(f"Made the first channel: {channel.name}.")

    def channel(self, name: str) -> Channel:
        """The channel with this name; CommandError names those there are."""
        try:
            return Channel.objects.get(name=name)
        except Channel.DoesNotExist as error:
            names = ", ".join(Channel.objects.order_by("name").values_list("name", flat=True)) or "none"
            raise CommandError(f"There is no channel {name!r}; there are: {names}.") from error

    def password(self, *, from_stdin: bool) -> str:
        """The new password, typed twice or read from standard input."""
        if from_stdin:
            return sys.stdin.readline().rstrip("\n")
        password = getpass.getpass("Password: ")
        if getpass.getpass("The same again: ") != password:
            raise CommandError("These were two different passwords.")
        return password
