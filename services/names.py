"""Names of a service: the rules of the short name, its key, and the host label made from it."""

import re
import unicodedata
from collections.abc import Iterator

from django.core.exceptions import ValidationError

SHORTEST, LONGEST = 3, 15  # code points after NFC
FORBIDDEN = '\\/:*?"<>|'
RESERVED = "audit"
LONGEST_LABEL = 63  # RFC 1035, section 2.3.4
LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def normal(name: str) -> str:
    """The form in which a name is kept: NFC, surrounding blanks left alone, so that the rules can name them."""
    return unicodedata.normalize("NFC", name)


def key(name: str) -> str:
    """Two names with the same key are the same name to people: NFKC and without case."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def broken_rules(name: str) -> Iterator[tuple[str, str]]:
    """Each rule that the short name breaks: its code, and a sentence for the field."""
    if len(name) < SHORTEST:
        yield "too_short", f"It has {len(name)} characters; at least {SHORTEST} are needed."
    if len(name) > LONGEST:
        yield "too_long", f"It has {len(name)} characters; at most {LONGEST} are possible."
    if "." in name:
        yield "dot", "It has a dot."
    if any(char.isspace() or unicodedata.category(char) in ("Zs", "Zl", "Zp") for char in name):
        yield "blank", "It has a blank. Take - or _ instead."
    if found := [char for char in FORBIDDEN if char in name]:
        yield "sign", f"It has {' '.join(found)}, which cannot be used."
    unprintable = ("Cc", "Cf", "Co", "Cn", "Cs")
    if any(unicodedata.category(char) in unprintable and not char.isspace() for char in name):
        yield "invisible", "It has an invisible or unassigned character."
    if key(name) == RESERVED:
        yield "reserved", f"“{RESERVED}” is reserved."


def validate_short_name(name: str) -> None:
    """Raises ValidationError with one message for each broken rule."""
    if problems := [ValidationError(text, code=code) for code, text in broken_rules(normal(name))]:
        raise ValidationError(problems)


def validate_printable(text: str) -> None:
    """Raises ValidationError for control characters, line ends included."""
    if any(unicodedata.category(char) in ("Cc", "Zl", "Zp") for char in text):
        raise ValidationError("No line ends or control characters, please.", code="control")


def host_label(short_name: str) -> str:
    """A legal DNS label (RFC 1123) as close to the short name as possible; "site" when nothing is left of it."""
    plain = unicodedata.normalize("NFKD", short_name.casefold().replace("ß", "ss"))
    letters = re.sub(r"[^a-z0-9]+", "-", "".join(char for char in plain if not unicodedata.combining(char)))
    return letters.strip("-")[:LONGEST_LABEL] or "site"


def validate_host_label(label: str) -> None:
    """Raises ValidationError unless it is one lower-case DNS label."""
    if not LABEL.fullmatch(label):
        raise ValidationError(
            "Letters a–z, digits and hyphens, not at either end; at most 63 characters.", code="label"
        )
