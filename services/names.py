"""Names of a service: the rules of the short name, its key, and the host label made from it."""

import re
import unicodedata
from collections.abc import Container, Iterator

from django.core.exceptions import ValidationError

SHORTEST, LONGEST = 3, 15  # code points after NFC
FORBIDDEN = '\\/:*?"<>|'
RESERVED = "audit"
LONGEST_LABEL = 63  # RFC 1035, section 2.3.4
LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
# Drawn as nothing or as a blank, though Unicode counts them among letters, marks and signs.
BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"
UNSEEN_MARKS = re.compile("[\u034f\u17b4\u17b5\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# Letters that have no decomposition; what people write for them in a host name.
SPELT = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ħ": "h", "ı": "i"}
)
MOST_TRIED = 50  # numbers put behind a name or label that is taken


def normal(name: str) -> str:
    """The form in which a name is kept: NFC, surrounding blanks left alone, so that the rules can name them."""
    return unicodedata.normalize("NFC", name)


def key(name: str) -> str:
    """Two names with the same key are the same name to people: NFKC and without case."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def broken_rules(name: str) -> Iterator[tuple[str, str]]:
    """Each rule that the short name breaks, looked at in NFC: its code, and a sentence for the field."""
    name = normal(name)
    if len(name) < SHORTEST:
        counted = "1 character" if len(name) == 1 else f"{len(name)} characters"
        yield "too_short", f"It has {counted}; at least {SHORTEST} are needed."
    if len(name) > LONGEST:
        yield "too_long", f"It has {len(name)} characters; at most {LONGEST} are possible."
    if "." in name:
        yield "dot", "It has a dot."
    if any(_is_blank(char) for char in name):
        yield "blank", "It has a blank. Take - or _ instead."
    if found := [char for char in FORBIDDEN if char in name]:
        yield "sign", f"It has {' '.join(found)}, which cannot be used."
    if any(_is_unseen(char) for char in name):
        yield "invisible", "It has an invisible or unassigned character."
    if key(name) == RESERVED:
        yield "reserved", f"“{RESERVED}” is reserved."


def _is_blank(char: str) -> bool:
    return (
        unicodedata.category(char) in ("Zs", "Zl", "Zp") or char in "\t\n\v\f\r\x85" or char in BLANK_LETTERS
    )


def _is_unseen(char: str) -> bool:
    unprintable = unicodedata.category(char) in ("Cc", "Cf", "Co", "Cn", "Cs")
    return (unprintable and not _is_blank(char)) or bool(UNSEEN_MARKS.match(char))


def suggestions(typed: str) -> Iterator[str]:
    """Legal short names close to what was typed, the closest first; none when nothing of it can be kept."""
    signs = "." + FORBIDDEN
    kept = "".join(
        "-" if _is_blank(char) or char in signs else char for char in normal(typed) if not _is_unseen(char)
    )
    stem = re.sub("--+", "-", kept).strip("-")
    tails = ["", *(f"-{number}" for number in range(2, MOST_TRIED + 1))]
    near = [normal(stem[: LONGEST - len(tail)].rstrip("-") + tail) for tail in tails if stem]
    # Once each: a stem that ends in a number of its own meets one of the tails again.
    yield from (name for name in dict.fromkeys(near) if not any(broken_rules(name)))


def validate_short_name(name: str) -> None:
    """Raises ValidationError with one message for each broken rule."""
    if problems := [ValidationError(text, code=code) for code, text in broken_rules(name)]:
        raise ValidationError(problems)


def validate_printable(text: str) -> None:
    """Raises ValidationError for control characters, line ends included."""
    if any(unicodedata.category(char) in ("Cc", "Zl", "Zp") for char in text):
        raise ValidationError("No line ends or control characters, please.", code="control")


def host_label(short_name: str) -> str:
    """A legal DNS label (RFC 1123) as close to the short name as possible; "site" when nothing is left of it."""
    plain = unicodedata.normalize("NFKD", key(short_name).translate(SPELT))
    letters = re.sub(r"[^a-z0-9]+", "-", "".join(char for char in plain if not unicodedata.combining(char)))
    return letters.strip("-")[:LONGEST_LABEL].rstrip("-") or "site"


def numbered(label: str, number: int) -> str:
    """The label with a number behind it, cut so that it stays a legal label: "a" and 2 give "a-2"."""
    tail = f"-{number}"
    return label[: LONGEST_LABEL - len(tail)].rstrip("-") + tail


def free_label(label: str, taken: Container[str]) -> str:
    """The label itself or, when it is taken, the first one with a number behind it that is not."""
    number, found = 1, label
    while found in taken:
        number += 1
        found = numbered(label, number)
    return found


def differs(short_name: str, label: str) -> bool:
    """Whether a reader of the short name would be surprised by the label: capital letters alone surprise nobody."""
    return label != normal(short_name).lower()


def validate_host_label(label: str) -> None:
    """Raises ValidationError unless it is one lower-case DNS label."""
    if not LABEL.fullmatch(label):
        raise ValidationError(
            "Letters a–z, digits and hyphens, not at either end; at most 63 characters.", code="label"
        )
