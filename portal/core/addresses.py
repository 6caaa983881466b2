"""Mail addresses as people type them: the one validator of every form and model that keeps one to write to."""

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.encoding import punycode

LONGEST = 254  # RFC 5321, section 4.5.3.1.3: a path of 256 octets, less its angle brackets
LONGEST_LOCAL_PART = 64  # RFC 5321, section 4.5.3.1.1
if TYPE_CHECKING:
    EmailField = models.EmailField[str, str]
else:
    EmailField = models.EmailField

UNSEEN = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")
# RFC 5322's atom; the quoted form is refused by name, because Microsoft 365 has no such address.
LOCAL_PART = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.IGNORECASE)
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN = re.compile(rf"({_LABEL}\.)+(?!\d+\Z){_LABEL}", re.IGNORECASE)

SYNTAX = "Enter a valid email address, as name@company.example."


def validate_address(text: str) -> None:
    """One address that a mail can be sent to. Raises ValidationError with the first thing that is wrong."""
    if found := _problem(text):
        code, sentence = found
        raise ValidationError(sentence, code=code)


def _problem(text: str) -> tuple[str, str] | None:
    if any(unicodedata.category(char) in UNSEEN for char in text):
        return "control", "It has a line end or an invisible character. Type the address by hand."
    if "<" in text or ">" in text:
        return "display_name", "Enter the address alone, without a name and without < and >."
    if '"' in text:
        return "quoted", "An address with quotation marks cannot be used."
    if text.count("@") > 1 or re.search(r"[,;]", text):
        return "several", "Enter one address only."
    if any(char.isspace() for char in text):
        return "blank", "An address has no blank."
    return _misspelt(*text.rpartition("@")[::2]) if "@" in text else ("invalid", SYNTAX)


def _misspelt(local: str, domain: str) -> tuple[str, str] | None:
    """What is wrong with the two parts; the domain is looked at in the form that travels (RFC 5890)."""
    if local and not local.isascii():
        # It would need SMTPUTF8 (RFC 6531) at every server on the way.
        return "local_part", "Before the @, only the letters a–z, digits and signs can be used."
    try:
        travelling = punycode(domain)
    except UnicodeError:  # an empty or overlong label, or characters that no domain has
        return "invalid", SYNTAX
    if len(local) > LONGEST_LOCAL_PART:
        return "too_long", f"Before the @, at most {LONGEST_LOCAL_PART} characters are possible."
    if max(len(local) + 1 + len(domain), len(local) + 1 + len(travelling)) > LONGEST:
        return "too_long", f"At most {LONGEST} characters are possible."
    if not (is_local_part(local) and DOMAIN.fullmatch(travelling)):
        return "invalid", SYNTAX
    return None


def is_local_part(text: str) -> bool:
    """Whether it may stand before the @; whoever writes a header asks once more.

    "=?" begins an encoded word (RFC 2047): programs that decode it see another address, or several.
    """
    return "=?" not in text and LOCAL_PART.fullmatch(text) is not None


class AddressFormField(forms.EmailField):
    """One address; blanks round it are taken off."""

    default_validators = [validate_address]

    def __init__(self, **kwargs: Any) -> None:
        # Longer ones are refused by the validator, in its own words.
        super().__init__(**{**kwargs, "max_length": None})
        self.widget.attrs.setdefault("maxlength", str(LONGEST + 1))  # one more, so that nothing is cut unseen


class AddressField(EmailField):
    """A column with one address. For the database, and for migrations, it is Django's own field."""

    default_validators = [validate_address]

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.EmailField", args, kwargs

    def formfield(self, *args: Any, **kwargs: Any) -> forms.Field | None:
        return super().formfield(*args, **{"form_class": AddressFormField, **kwargs})
