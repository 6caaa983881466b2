"""Form fields that more than one of the services' forms has."""

import re
from typing import Any

from django import forms

LONGEST_NUMBER = 9  # digits; what is longer is too many users whatever it says
NOT_WHOLE = "Enter a whole number, 1 to 500."


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
