"""`manage.py causes > docs/causes.md`: the catalogue of what can be wrong with a connection, as a document."""

from typing import Any

from django.core.management.base import BaseCommand

from m365.causes import SUBJECTS, Cause

HEAD = """# What can be wrong with a connection

Written by `python3 manage.py causes > docs/causes.md` from `m365/causes/`; a test holds the two equal.

The category of an answer comes from its HTTP status and `error`; an AADSTS number only chooses a better sentence,
because Microsoft may change numbers and texts at any time. *Not verified* means that no documentation confirms the
numbers or the form by which the portal tells this cause.
"""
WHOSE = {"customer": "the customer’s", "microsoft": "Microsoft’s", "us": "ours"}


class Command(BaseCommand):
    help = "Prints the catalogue of causes as Markdown."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(document(), ending="")


def document() -> str:
    """The whole document."""
    parts = [HEAD]
    for subject, causes in SUBJECTS.items():
        parts += [f"## {subject}\n", *(_entry(cause) for cause in causes)]
    return "\n".join(parts)


def _entry(cause: Cause) -> str:
    told_by = [
        *(f"AADSTS{code}" for code in cause.codes),
        *(f"`{error}`" for error in cause.errors),
    ]
    facts = {
        "Fault": WHOSE[cause.fault.value] + (", passes by itself" if cause.passes else ""),
        "Customer": cause.customer,
        "Operator": cause.operator,
        "Where": cause.place and f"Entra admin center › {cause.place}",
        "Told by": ", ".join(told_by),
        "Looks the same": "; ".join(cause.same),
        "Verified": "" if cause.verified else "not verified",
    }
    lines = [f"- {name}: {text}" for name, text in facts.items() if text]
    return "\n".join([f"### {cause.name}\n", *lines, ""])
