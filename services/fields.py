"""Form fields that more than one of the services' forms has."""

import re
from typing import Any

from django import forms

from services import thresholds
from services.license_types import LicenseType

LONGEST_NUMBER = 9  # digits; what is longer is too many users whatever it says
NOT_WHOLE = "Enter a whole number, 1 to 500."
MOST_DAYS, MOST_THRESHOLDS = 365, 10


class LicensedUsersField(forms.IntegerField):
    """A whole number in plain digits: 1.000 is a thousand to some readers and one to others, so it is neither."""

    default_error_messages = {
        "required": "Enter how many users are licensed, 1 to 500.",
        "invalid": NOT_WHOLE,
        "min_value": "At least 1 user.",
        "max_value": "At most 500 users.",
    }

    def __init__(self, **kwargs: Any) -> None:
        given = {
            "label": "Licensed Users",
            "help_text": "Whole number, 1 to 500.",
            "widget": forms.TextInput(
                attrs={"class": "tl-w-s", "inputmode": "numeric", "autocomplete": "off"}
            ),
        }
        super().__init__(**{**given, **kwargs, "min_value": 1, "max_value": 500})

    def to_python(self, value: Any) -> int | None:
        text = "" if value is None else str(value).strip()
        if not text:
            return None
        if not re.fullmatch(r"-?[0-9]+", text):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        if len(text) > LONGEST_NUMBER:
            code = "min_value" if text.startswith("-") else "max_value"
            raise forms.ValidationError(self.error_messages[code], code=code)
        return int(text)


class DaysField(forms.Field):
    """Whole days, separated by commas; nothing means that those of the next level up are used."""

    widget = forms.TextInput(attrs={"class": "tl-w-m", "autocomplete": "off", "inputmode": "text"})

    def to_python(self, value: Any) -> list[int] | None:
        parts = str(value or "").replace(",", " ").split()
        if not parts:
            return None
        if not all(part.isascii() and part.isdecimal() and len(part) <= 4 for part in parts):
            raise forms.ValidationError("Enter whole days separated by commas, as 60, 30, 7.", code="invalid")
        days = sorted({int(part) for part in parts}, reverse=True)
        if days[0] > MOST_DAYS:
            raise forms.ValidationError(f"At most {MOST_DAYS} days are possible.", code="too_large")
        if len(days) > MOST_THRESHOLDS:
            raise forms.ValidationError(f"At most {MOST_THRESHOLDS} numbers are possible.", code="too_many")
        return days

    def prepare_value(self, value: Any) -> Any:
        return thresholds.shown(value) if isinstance(value, list) else value


class LicenseTypesField(forms.MultipleChoiceField):
    """One or more of those that may be chosen; all of them are stored as None, so that a later one is among them."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        told = {"label": "License types", "error_messages": {"required": "Choose at least one."}}
        super().__init__(**{**told, **kwargs})
        self.offer(list(LicenseType))

    def offer(self, types: list[LicenseType]) -> None:
        self.offered = types
        self.choices = [(one.value, one.label) for one in types]

    def clean(self, value: Any) -> list[str] | None:
        chosen = super().clean(value)
        kept = [one.value for one in self.offered if one in chosen]
        return None if len(kept) == len(self.offered) else kept
