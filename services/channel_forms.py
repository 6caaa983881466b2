"""Forms for channels: what the provider allows one, and when it warns."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db import IntegrityError

from portal.core import colours
from portal.core.logos import LogoField
from portal.core.tenancy import Channel
from services import license_types, names
from services.fields import DaysField, LicenseTypesField
from services.forms import JournalledForm, refuse_used
from services.logo_forms import WithLogo
from services.models import Service

MOST_CUSTOMERS = 1_000_000
TAKEN = "There is a channel of that name already."


class ChannelForm(JournalledForm):
    """What the provider decides about a channel."""

    noun = "channel"
    most_customers = forms.IntegerField(
        label="Customers at most",
        required=False,
        min_value=0,
        max_value=MOST_CUSTOMERS,
        help_text="Once it has so many, none can be added. Empty: no limit.",
        widget=forms.TextInput(attrs={"class": "tl-w-s", "inputmode": "numeric", "autocomplete": "off"}),
    )
    license_types = LicenseTypesField(help_text="What can be chosen in Add Service for its customers.")

    class Meta:
        model = Channel
        fields = ["name", "most_customers", "license_types"]
        help_texts = {"name": "A reseller, or a part of your own company."}
        error_messages = {"name": {"required": "Enter the channel’s name.", "unique": TAKEN}}
        widgets = {"name": forms.TextInput(attrs={"class": "tl-w-m", "autocomplete": "off"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].validators.append(names.validate_printable)
        self.initial["license_types"] = license_types.sold_by(self.instance)

    def clean_name(self) -> str:
        return names.normal(self.cleaned_data["name"])

    def follow_up(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """The row is locked by now, or new: no service of a type that is switched off can come meanwhile."""
        if "license_types" in changes:
            refuse_used(Service.objects.filter(channel=self.instance), license_types.sold_by(self.instance))
        return {}

    def refuse_taken(self, _error: IntegrityError) -> None:
        self.add_error("name", forms.ValidationError(TAKEN, code="unique"))


class AccentField(forms.CharField):
    """A colour that words of it, and white words on it, can be read in."""

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value) or "").lower()
        return f"#{text}" if text and not text.startswith("#") else text

    def validate(self, value: str) -> None:
        super().validate(value)
        if not value:
            return
        if not colours.is_colour(value):
            raise forms.ValidationError("A colour as #0b6477: six digits 0–9, a–f.", code="invalid")
        if (near := colours.darkened(value)) != value:
            raise forms.ValidationError(
                f"Too light: on white nobody could read it. The nearest that can be read is {near}.",
                code="light",
            )


class BrandingForm(WithLogo):
    """How the channel appears to the customers whom it invites."""

    noun = "channel"
    logo = LogoField(
        kinds=("PNG", "JPEG"),
        most_bytes=100_000,
        help_text="PNG or JPEG, up to 100 kB; on light ground.",
    )
    accent = AccentField(
        label="Accent",
        required=False,
        max_length=7,
        help_text="Of buttons and links, as #0b6477. A lighter one for dark pages is made of it.",
        widget=forms.TextInput(
            attrs={"class": "tl-mono tl-w-s", "autocomplete": "off", "spellcheck": "false"}
        ),
    )

    field_order = ["brand_name", "logo", "accent"]

    class Meta:
        model = Channel
        fields = ["brand_name", "accent", "brand_email", "brand_phone", "reply_to"]
        labels = {
            "brand_name": "Name",
            "brand_email": "Contact’s e-mail",
            "brand_phone": "Contact’s telephone",
            "reply_to": "Answers go to",
        }
        help_texts = {
            "brand_name": "As customers know you. Empty: the provider’s.",
            "brand_email": "For questions. E-mail and telephone both empty: the provider’s.",
            "reply_to": "An address. Empty: the contact’s.",
        }
        widgets = {
            "brand_name": forms.TextInput(attrs={"class": "tl-w-m"}),
            "brand_email": forms.EmailInput(attrs={"class": "tl-w-m"}),
            "brand_phone": forms.TextInput(attrs={"class": "tl-w-m", "type": "tel"}),
            "reply_to": forms.EmailInput(attrs={"class": "tl-w-m"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("brand_name", "brand_phone"):
            self.fields[name].validators.append(names.validate_printable)


class ChannelThresholdsForm(JournalledForm):
    """When the channel's customers and operators are warned, unless a customer has thresholds of its own."""

    noun = "channel"
    warn_days = DaysField(
        label="Days before the end of a client secret",
        required=False,
        help_text="Whole days separated by commas; 0 is the end itself. Empty: as the portal usually warns.",
    )

    class Meta:
        model = Channel
        fields = ["warn_days"]
