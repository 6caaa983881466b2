"""The Onboarding wizard's forms for tenant and registration; they change nothing while answering."""

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.db import models
from django.urls import reverse_lazy

from m365 import shape
from m365.shape import Shape
from portal.core.addresses import AddressFormField
from services import names
from services.fields import LicensedUsersField
from services.license_types import LicenseType, sold_to
from services.models import Customer, OnboardingDraft, Service
from services.models.customers import NOT_SOLD
from services.onboarding.widgets import ExplainedRadios

IN_USE = "This short name is in use already."
# A short name is looked at while it is typed: alone, so that nothing else of the form stands in an address.
WHILE_TYPING = {
    "hx-get": reverse_lazy("services:onboarding_short_name"),
    "hx-trigger": "input changed delay:300ms",
    "hx-target": "#short-name-verdict",
    "hx-swap": "innerHTML",
    "hx-sync": "this:replace",
}


class RegistrationForm(forms.Form):
    """The three values of a known app registration; looked at here, validated by a worker."""

    use_required_attribute = False

    tenant_id = forms.CharField(
        label="Customer Microsoft Tenant ID",
        help_text="App registrations › the app › Overview: Directory (tenant) ID; or a domain of the tenant.",
        error_messages={"required": "Enter the Directory (tenant) ID."},
        widget=forms.TextInput(
            attrs={"class": "tl-mono tl-w-l", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    client_id = forms.CharField(
        label="Application (Client) ID",
        help_text="On the same page: Application (client) ID.",
        error_messages={"required": "Enter the Application (client) ID."},
        widget=forms.TextInput(
            attrs={"class": "tl-mono tl-w-l", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    client_secret = forms.CharField(
        label="Client Secret",
        help_text="Its Value, not the Secret ID. It is sealed when it is stored and never shown again.",
        error_messages={"required": "Enter the client secret’s Value."},
        strip=False,
        widget=forms.PasswordInput(attrs={"class": "tl-mono tl-w-l", "autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.check_values()
        return cleaned

    def check_values(self) -> None:
        """Say of each value what can be seen without asking Microsoft."""
        typed = {
            name: self.cleaned_data.get(name, "") for name in ("tenant_id", "client_id", "client_secret")
        }
        values = shape.read(*typed.values())
        for name, cause in values.problems.items():
            if typed[name]:  # an empty one has its message already
                self.add_error(name, cause.customer)
        self.cleaned_data["values"] = values

    @property
    def values(self) -> Shape:
        """The three, of a valid form."""
        found: Shape = self.cleaned_data["values"]
        return found


class ValuesForm(RegistrationForm):
    """The three values for a service that exists; `newest` is the validation that the page had seen last."""

    newest = forms.CharField(required=False, max_length=36, widget=forms.HiddenInput)


class ServiceFields(forms.Form):
    """What a service is called and licensed for, as long as it is not created."""

    full_name = forms.CharField(
        label="Full Name of Service",
        help_text="As your colleagues and the customer read it; up to 200 characters. Empty: the short name.",
        required=False,
        max_length=200,
        validators=[names.validate_printable],
        widget=forms.TextInput(attrs={"class": "tl-w-l", "autocomplete": "off"}),
    )
    short_name = forms.CharField(
        label="Unique Short Name of Service",
        help_text="3 to 15 letters, digits or signs; no dot, no blank, none of "
        '<span class="tl-mono">\\ / : * ? " &lt; &gt; |</span>, not “audit”.',
        error_messages={"required": "Enter a short name."},
        strip=False,
        validators=[names.validate_short_name],
        widget=forms.TextInput(
            attrs={
                "class": "tl-mono tl-w-m",
                "autocomplete": "off",
                "spellcheck": "false",
                "autocapitalize": "off",
            }
        ),
    )
    license_type = forms.ChoiceField(
        label="License Type",
        choices=LicenseType.choices,
        error_messages={"required": "Choose a license type.", "invalid_choice": NOT_SOLD},
        widget=ExplainedRadios(
            {
                LicenseType.ESSENTIALS_PLUS: "Connection, voice routing values, monitoring of the secret.",
                LicenseType.PRO: "All of Essentials+, and users and numbers managed in the portal later.",
            }
        ),
    )
    licensed_users = LicensedUsersField()

    def sell(self, types: Iterable[LicenseType]) -> None:
        """Offer these license types and no other; a single one is chosen already."""
        field = cast(forms.ChoiceField, self.fields["license_type"])
        field.choices = [(one.value, one.label) for one in types]
        if len(field.choices) == 1:
            self.initial.setdefault("license_type", field.choices[0][0])

    def clean_short_name(self) -> str:
        name = names.normal(self.cleaned_data["short_name"])
        # Whose it is stays untold: it may be another channel's.
        if self.others().filter(short_key=names.key(name)).exists():
            raise forms.ValidationError(IN_USE, code="in_use")
        return name

    def others(self) -> models.QuerySet[Service]:
        """The services whose names are taken."""
        return Service.objects.living()


class TenantForm(ServiceFields, RegistrationForm):
    """Names, license and users of a new service, and how its tenant is authenticated."""

    field_order = [
        "full_name",
        "short_name",
        "license_type",
        "licensed_users",
        "send_link",
        "email",
        "tenant_id",
        "client_id",
        "client_secret",
        "m365_contact",
    ]
    BY_MAIL = ("email",)
    KNOWN = ("tenant_id", "client_id", "client_secret", "m365_contact")

    draft = forms.UUIDField(widget=forms.HiddenInput)
    send_link = forms.BooleanField(
        label="Send link to IT administrator for authentication",
        help_text="They get a mail with a link. Untick it to enter a known app registration yourself.",
        required=False,
        initial=True,
        widget=forms.CheckboxInput(attrs={"data-reveals": "#by-mail", "data-hides": "#known-registration"}),
    )
    email = AddressFormField(
        label="Email",
        help_text="Of the customer’s Microsoft 365 administrator.",
        error_messages={"required": "Enter the address that gets the link."},
        widget=forms.EmailInput(attrs={"class": "tl-w-m", "autocomplete": "off"}),
    )
    m365_contact = AddressFormField(
        label="Microsoft 365 contact’s e-mail",
        help_text="Whom to write to when the secret ends.",
        error_messages={"required": "Enter the contact’s e-mail address."},
        widget=forms.EmailInput(attrs={"class": "tl-w-m", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["short_name"].widget.attrs.update(WHILE_TYPING)
        self.sell(sold_to(customer))

    def clean(self) -> dict[str, Any]:
        """Only the chosen way of authenticating is looked at."""
        cleaned = self.cleaned_data
        for name in self.KNOWN if cleaned.get("send_link") else self.BY_MAIL:
            self.errors.pop(name, None)
        return cleaned if cleaned.get("send_link") else super().clean()

    def service(self, draft: OnboardingDraft) -> Service:
        """The service that a valid form asks for, not stored yet; it takes over the draft's id."""
        data = self.cleaned_data
        return Service(
            id=draft.pk,
            customer=draft.customer,
            short_name=data["short_name"],
            full_name=data["full_name"] or data["short_name"],
            license_type=data["license_type"],
            licensed_users=data["licensed_users"],
            m365_contact=data["email"] if data["send_link"] else data["m365_contact"],
        )
