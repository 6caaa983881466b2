"""What a new password must not be, beside Django's own checks."""

import mmap
import re
from hashlib import sha1
from pathlib import Path

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError

# Shorter words of a name stand in many good passwords by chance.
LETTERS_OF_A_WORD = 5


class NotOfThisPlace:
    """Refuses what somebody would try here first: the portal's name, its host, the provider's name."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        said = f"trunkline {settings.PROVIDER_NAME} {settings.ALLOWED_HOSTS[0]}".casefold()
        words = [word for word in re.findall(r"\w+", said) if len(word) >= LETTERS_OF_A_WORD]
        left = password.casefold()
        for word in words:
            left = left.replace(word, "")
        if len(left) < len(password) and len(left) < settings.PASSWORD_LEAST_CHARACTERS:
            raise ValidationError(
                "Without the names of this portal and its provider, too little is left of it."
            )

    def get_help_text(self) -> str:
        return "It is more than the names of this portal and its provider."


class NotBreached:
    """Refuses what stands in a file of breached passwords: lines of SHA-1 in capitals, in order, perhaps with a count.

    That is the format of Have I Been Pwned's download "ordered by hash". The file is searched where it lies and never
    read whole, however large it is.
    """

    def __init__(self, file: str) -> None:
        self.file = file

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        if self.file and self._holds(sha1(password.encode(), usedforsecurity=False).hexdigest().upper()):
            raise ValidationError(
                "This password is known from a breach elsewhere, and is tried by attackers."
            )

    def get_help_text(self) -> str:
        return "It is known from no breach."

    def _holds(self, digest: str) -> bool:
        wanted = digest.encode()
        with Path(self.file).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
            low, high = 0, len(text)
            while low < high:
                middle = (low + high) // 2
                begins = text.rfind(b"\n", 0, middle) + 1
                ends = text.find(b"\n", middle)
                ends = len(text) if ends < 0 else ends
                line = text[begins:ends].strip()[: len(wanted)]
                if line == wanted:
                    return True
                low, high = (ends + 1, high) if line < wanted else (low, begins)
        return False
