"""What forms ask about a client secret: its value, and when it ends."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils import formats, timezone

from m365 import shape
from m365.matching import KnownCredential
from m365.models import Credential
from portal.core.actors import Actor
from portal.core.clock import now
from portal.core.secrets import Secret

# No secret that Entra knows lives longer; a later year is a slip of the finger. (Ends in 2299 exist for other ways
# of making one; nobody is warned of those.)
LONGEST_YEARS = 100
OTHER = "other"
NO_DAY = "Enter the day on which it expires."


class SecretField(forms.Field):
    """The Value of a client secret as people paste it, cleaned to a Secret; what is none is told why."""

    widget = forms.PasswordInput(
        attrs={"class": "tl-mono tl-w-l", "autocomplete": "off", "spellcheck": "false"}, render_value=False
    )

    def clean(self, value: Any) -> Secret:
        secret = shape.tidy(str(value or ""))
        if cause := shape.secret_problem(secret):
            raise ValidationError(cause.customer, code=cause.name)
        return Secret(secret)


class EndForm(forms.Form):
    """When the secret in use ends, where the tenant does not say: which of its secrets it is, or the date."""

    use_required_attribute = False

    which = forms.ChoiceField(
        label="Which of these is the one that was entered here?",
        help_text="They begin alike. Entra shows name and end of each under Certificates &amp; secrets.",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose one, or say that it is none of these.",
            "invalid_choice": "The tenant does not list this secret any more.",
        },
    )
    ends_on = forms.DateField(
        label="Day on which it expires",
        help_text="Entra admin center › App registrations › the app › Certificates &amp; secrets › column Expires.",
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "class": "tl-w-s"}, format="%Y-%m-%d"),
        error_messages={"required": NO_DAY, "invalid": "Enter a date, as 2027-11-20."},
    )

    def __init__(self, *args: Any, credential: Credential, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.credential = credential
        which = self.fields["which"]
        if isinstance(which, forms.ChoiceField) and credential.candidates:
            listed = [(str(known.key_id), _described(known)) for known in credential.candidates]
            which.choices = [*listed, (OTHER, "None of these: I type the date")]
        else:
            del self.fields["which"]
            self.fields["ends_on"].required = True

    def clean_ends_on(self) -> date | None:
        day: date | None = self.cleaned_data["ends_on"]
        today = timezone.localdate(now())
        if day and not today < day <= today + timedelta(days=365 * LONGEST_YEARS):
            raise ValidationError("Enter a day after today: the secret works at this moment.", code="passed")
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("which") == OTHER and "ends_on" not in self.errors and not cleaned.get("ends_on"):
            self.add_error("ends_on", ValidationError(NO_DAY, code="required"))
        return cleaned

    def stored(self, actor: Actor) -> bool:
        """Keep what a valid form says; False when the tenant told meanwhile, or another secret is in use."""
        which = self.cleaned_data.get("which", OTHER)
        if which != OTHER:
            return self.credential.choose(UUID(which), actor)
        # Entra shows a day without its time: whoever is warned must be warned before that day begins.
        ends = datetime.combine(self.cleaned_data["ends_on"], time.min, timezone.get_current_timezone())
        return self.credential.type_end(ends, actor)


def _described(known: KnownCredential) -> str:
    ends = formats.date_format(timezone.localtime(known.ends), "j M Y")
    return f"“{known.name}”, ends {ends}" if known.name else f"without a name, ends {ends}"
