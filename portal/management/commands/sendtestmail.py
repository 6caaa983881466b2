"""`manage.py sendtestmail`: does the mail server of EMAIL_URL take our mail?"""

from __future__ import annotations

import smtplib
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email


class Command(BaseCommand):
    help = "Send one mail through EMAIL_URL, now, and say what the server answered."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", help="who gets the mail")

    def handle(self, *args: Any, **options: Any) -> None:
        address: str = options["address"]
        try:
            validate_email(address)
            self.message(address).send()
        except ValidationError as error:
            raise CommandError(f"{address} is no e-mail address.") from error
        except smtplib.SMTPRecipientsRefused as error:
            words = "; ".join(f"{code} {answer!r}" for code, answer in error.recipients.values())
            raise CommandError(f"The server refused this recipient: {words}") from error
        except (smtplib.SMTPException, OSError) as error:
            server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
            raise CommandError(f"The mail was not sent: {server}: {error}") from error
        self.stdout.write(f"{settings.EMAIL_HOST} accepted the mail to {address}.")

    def message(self, address: str) -> EmailMessage:
        """What the recipient reads."""
        body = (
            f"This mail was sent by manage.py sendtestmail of the portal at {settings.PUBLIC_URL}.\n\n"
            "It has arrived, so the portal can send mail through this server.\n"
        )
        return EmailMessage("The portal can send mail", body, to=[address])
