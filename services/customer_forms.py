"""Forms for customers: all of one when it is added, later its company and its contacts each on a page."""

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from django import forms
from django.db import transaction

from m365.shape import as_guid, tenant_problem, tidy
from portal.core.actors import Actor
from portal.core.logos import LogoField
from portal.core.roles import Action
from portal.core.tenancy import Channel
from services import license_types
from services.fields import DaysField, LicenseTypesField
from services.forms import JournalledForm, NamedForm, refuse_used
from services.license_types import LicenseType
from services.logo_forms import WithLogo
from services.models import Customer

CONTACTS = ["contact_name", "contact_email", "second_email", "contact_phone", "second_phone"]


class TenantIdField(forms.Field):
    """A tenant ID as people paste it: with blanks, quotes or braces round it."""

    widget = forms.TextInput(attrs={"class": "tl-mono tl-w-m", "autocomplete": "off", "spellcheck": "false"})

    def to_python(self, value: Any) -> UUID | None:
        text = tidy(str(value or ""))
        if not text:
            return None
        cause = tenant_problem(text, domains=False)
        if cause:
            raise forms.ValidationError(cause.customer, code=cause.name)
        return as_guid(text)


class CompanyForm(WithLogo, NamedForm):
    noun, action = "customer", Action.EDIT_CUSTOMERS
    tenant_id = TenantIdField(
        label="Microsoft tenant ID",
        required=False,
        help_text="If you know it: only this tenant can then be connected. Entra calls it Directory (tenant) ID.",
    )
    warn_days = DaysField(
        label="Warn before a client secret ends",
        required=False,
        help_text="Days, as 60, 30, 14, 7, 1, 0. Empty: as the channel warns.",
    )
    license_types = LicenseTypesField(help_text="Which ones can be chosen in Add Service.")
    logo = LogoField(help_text="PNG, JPEG or WebP, up to 2 MB. It is made small and shown beside the name.")

    class Meta:
        model = Customer
        fields = ["name", "description", "channel", "tenant_id", "cloud", "license_types", "warn_days"]
        help_texts = {"name": "As it shall stand in mails to the customer."}
        error_messages = {
            "name": {"required": "Enter the customer’s name."},
            "channel": {"required": "Choose the channel that looks after this customer."},
        }
        widgets = {
            "name": forms.TextInput(attrs={"class": "tl-w-l"}),
            "description": forms.TextInput(attrs={"class": "tl-w-l"}),
            "channel": forms.Select(attrs={"class": "tl-w-m"}),
            "cloud": forms.Select(attrs={"class": "tl-w-m"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_new:  # of which channel is not known yet
            del self.fields["license_types"]
        else:
            self.offer(license_types.sold_by(self.instance.channel), license_types.sold_to(self.instance))

    def offer(self, sold: list[LicenseType], chosen: list[LicenseType]) -> None:
        field = cast(LicenseTypesField, self.fields["license_types"])
        field.offer(sold)
        self.initial["license_types"] = chosen

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if (
            self.is_new
            and (channel := cleaned.get("channel"))
            and (full := Customer.objects.why_full(channel))
        ):
            self.add_error("channel", forms.ValidationError(full, code="full"))
        return cleaned

    @property
    def moves_tenant(self) -> bool:
        """Whether other answers to its invitations are expected from now on."""
        return bool({"tenant_id", "cloud"} & set(self.changed_data))

    @transaction.atomic
    def store(self, actor: Actor) -> None:
        """Raises ValidationError when the channel has got as many customers as it may have."""
        locked = Channel.objects.locked(self.instance.channel_id) if self.is_new else None
        if locked and (full := Customer.objects.why_full(locked)):
            raise forms.ValidationError({"channel": forms.ValidationError(full, code="full")})
        super().store(actor)

    def follow_up(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        if "license_types" in changes:
            Channel.objects.locked(self.instance.channel_id)
            refuse_used(self.instance.services.all(), license_types.sold_to(self.instance))
        if {"tenant_id", "cloud"} & set(changes):
            self.instance.expect_tenant()
        return super().follow_up(changes)


class _ContactFields:
    """What the forms with contacts say of them."""

    labels = {
        "contact_name": "Contact",
        "contact_email": "E-mail",
        "second_email": "Second e-mail",
        "contact_phone": "Telephone",
        "second_phone": "Second telephone",
    }
    widgets = {
        "contact_name": forms.TextInput(attrs={"class": "tl-w-m"}),
        "contact_email": forms.EmailInput(attrs={"class": "tl-w-m"}),
        "second_email": forms.EmailInput(attrs={"class": "tl-w-m"}),
        "contact_phone": forms.TextInput(attrs={"class": "tl-w-m", "type": "tel"}),
        "second_phone": forms.TextInput(attrs={"class": "tl-w-m", "type": "tel"}),
    }


class CustomerForm(CompanyForm):
    """All of a customer, to add one."""

    class Meta(CompanyForm.Meta):
        fields = [*CompanyForm.Meta.fields, *CONTACTS]
        labels = _ContactFields.labels
        widgets = {**CompanyForm.Meta.widgets, **_ContactFields.widgets}


class ContactForm(JournalledForm):
    noun = "customer"

    class Meta(_ContactFields):
        model = Customer
        fields = CONTACTS
