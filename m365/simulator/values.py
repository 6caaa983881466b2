"""GUIDs and secret values that are the same after every start and yet stand in no file."""

import hashlib
import hmac
import re
import string
import uuid

_ENDS = string.ascii_letters + string.digits
_MIDDLE = _ENDS + "_~.-"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

SECRET_LENGTH = 40
HINT_LENGTH = 3


def is_guid(text: str) -> bool:
    return _GUID.fullmatch(text) is not None


def guid(*names: str) -> str:
    """A random-looking GUID that belongs to these names for ever."""
    digest = hashlib.sha256("/".join(names).encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def secret_value(seed: str, key_id: str, hint: str = "") -> str:
    """A client secret in the form that Entra gives out, derived from seed and key id.

    The form is three characters, a digit, `Q~` and 34 characters, as secret scanners describe it (gitleaks
    rule `azure-ad-client-secret`). `hint` sets the first three characters, so that two secrets can share
    them.
    """
    digest = hmac.digest(seed.encode(), key_id.encode(), hashlib.sha512)
    characters = iter(digest)
    start = "".join(_ENDS[next(characters) % len(_ENDS)] for _ in range(HINT_LENGTH))
    number = next(characters) % 10
    middle = "".join(_MIDDLE[next(characters) % len(_MIDDLE)] for _ in range(SECRET_LENGTH - HINT_LENGTH - 4))
    last = _ENDS[next(characters) % len(_ENDS)]
    return f"{hint or start}{number}Q~{middle}{last}"
