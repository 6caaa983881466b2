"""Forms for channels: what the provider allows one, and when it warns."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db import IntegrityError

from portal.core.actors import Actor
from portal.core.tenancy import Channel
from services import license_types, names
from services.fields import DaysField, LicenseTypesField
from services.forms import JournalledForm, refuse_used
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

    def stored(self, actor: Actor) -> bool:
        """Whether it could be stored; else there is an error to show: a name just taken, a license type in use."""
        try:
            self.store(actor)
        except IntegrityError:
            self.add_error("name", forms.ValidationError(TAKEN, code="unique"))
            return False
        except forms.ValidationError as error:
            self.add_error(None, error)
            return False
        return True


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
