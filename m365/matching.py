"""Which of an application's credentials is the one in use, and when it ends.

Entra keeps the first three characters of each secret as its hint (passwordCredential resource type, Microsoft
Graph v1.0). Exactly one valid credential with our hint is the one; anything else is not guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from m365.http import readable


class Unreadable(Exception):
    """An entry that is none of Graph's."""


@dataclass(frozen=True)
class KnownCredential:
    key_id: UUID
    name: str
    hint: str | None
    starts: datetime
    ends: datetime

    @classmethod
    def read(cls, entry: object) -> "KnownCredential":
        """Raises Unreadable."""
        if not isinstance(entry, Mapping):
            raise Unreadable
        try:
            return cls(
                UUID(str(entry["keyId"])),
                readable(entry.get("displayName")),
                readable(entry.get("hint"), 3) or None,
                _moment(str(entry["startDateTime"])),
                _moment(str(entry["endDateTime"])),
            )
        except (KeyError, ValueError, OverflowError) as error:
            raise Unreadable from error

    def dump(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {
            "key_id": str(self.key_id),
            "name": self.name,
            "hint": self.hint,
            "starts": self.starts.isoformat(),
            "ends": self.ends.isoformat(),
        }

    @classmethod
    def load(cls, kept: Mapping[str, Any]) -> "KnownCredential":
        """What `dump` gave."""
        moments = {name: datetime.fromisoformat(kept[name]) for name in ("starts", "ends")}
        return cls(UUID(kept["key_id"]), kept["name"], kept["hint"], **moments)


def candidates(entries: object, hint: str, at: datetime) -> list[KnownCredential]:
    """Credentials that were valid at the sign-in and have our hint; without any, those whose hint Graph left out.

    Raises Unreadable when one of the entries is, or when they are no list.
    """
    if not isinstance(entries, list):
        raise Unreadable
    valid = [known for entry in entries if (known := KnownCredential.read(entry)).starts <= at < known.ends]
    return [known for known in valid if known.hint == hint] or [known for known in valid if not known.hint]


def _moment(text: str) -> datetime:
    # Graph writes 0 to 7 digits of a second; Python 3.11 and later reads them all.
    read = datetime.fromisoformat(text)
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
