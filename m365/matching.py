"""Which of an application's credentials is the one in use, and when it ends.

Entra keeps the first three characters of each secret as its hint (passwordCredential resource type, Microsoft
Graph v1.0). Exactly one valid credential with our hint is the one; anything else is not guessed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class KnownCredential:
    key_id: UUID
    name: str
    hint: str | None
    starts: datetime
    ends: datetime

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> "KnownCredential":
        """Raises ValueError or KeyError for an entry that is not one of Graph's."""
        return cls(
            UUID(str(entry["keyId"])),
            str(entry.get("displayName") or ""),
            entry.get("hint"),
            _moment(str(entry["startDateTime"])),
            _moment(str(entry["endDateTime"])),
        )


def candidates(entries: Iterable[Mapping[str, Any]], hint: str, at: datetime) -> list[KnownCredential]:
    """Credentials that were valid at the sign-in and have our hint; without any, those whose hint Graph left out."""
    valid = [known for entry in entries if (known := KnownCredential.read(entry)).starts <= at < known.ends]
    return [known for known in valid if known.hint == hint] or [known for known in valid if not known.hint]


def _moment(text: str) -> datetime:
    # Graph writes 0 to 7 digits of a second; Python 3.11 and later reads them all.
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)
