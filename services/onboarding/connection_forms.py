"""The Onboarding wizard's forms once the tenant is connected: its domain, and the SIP connection."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.validators import RegexValidator

from m365.models import AppRegistration
from services.forms import DomainField, ModelForm
from services.models import Sbc, SipConnection
from services.onboarding.widgets import ExplainedRadios, SbcSelect

HOST_IN_USE = "This host name is in use already."
VERIFIED_DOMAIN = RegexValidator(
    r"^(?=.{4,255}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$",
    "A domain as contoso.onmicrosoft.com: letters a–z, digits, hyphens and dots.",
)


class SettingsForm(forms.Form):
    """The administrative domain, among those verified in the tenant."""

    use_required_attribute = False
    LABEL = "M365 Domain (Override Admin Domain)"

    m365_domain: forms.Field = DomainField(
        label=LABEL,
        help_text="The tenant’s domains could not be read: type it as the Microsoft 365 admin center shows it.",
        max_length=255,
        validators=[VERIFIED_DOMAIN],
        error_messages={"required": "Enter the domain."},
        widget=forms.TextInput(
            attrs={"class": "tl-mono tl-w-l", "autocomplete": "off", "spellcheck": "false"}
        ),
    )

    def __init__(self, *args: Any, registration: AppRegistration, chosen: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("m365_domain", chosen or registration.initial_domain)
        self.verified = [domain["name"] for domain in registration.domains]
        if self.verified:
            self.fields["m365_domain"] = self._verified(registration.domains)

    @property
    def is_typed(self) -> bool:
        """Whether the domain is the operator's word: there is no list to choose it from."""
        return not self.verified

    def _verified(self, domains: list[dict[str, Any]]) -> forms.ChoiceField:
        ordered = sorted(domains, key=lambda domain: not domain["initial"])
        return forms.ChoiceField(
            label=self.LABEL,
            help_text="The initial onmicrosoft.com domain is right for nearly everyone. Choose another only if "
            "the customer asks for it.",
            choices=[(domain["name"], _described(domain)) for domain in ordered],
            widget=forms.Select(attrs={"class": "tl-w-l"}),
        )


def _described(domain: dict[str, Any]) -> str:
    marks = [word for word in ("initial", "default") if domain[word]]
    return f"{domain['name']} ({', '.join(marks)})" if marks else str(domain["name"])


class SipForm(ModelForm):
    """Site, SBC, host label and trunk model; `instance` has its service."""

    use_required_attribute = False

    trunk_model = forms.ChoiceField(
        label="Trunk model",
        choices=SipConnection.TrunkModel.choices,
        widget=ExplainedRadios(
            {
                SipConnection.TrunkModel.DERIVED_TRUNK: "Voice routes name this host name. The usual choice for "
                "a carrier.",
                SipConnection.TrunkModel.DOMAIN_ONLY: "Only the domain is prepared; the routes name another trunk.",
            }
        ),
    )

    class Meta:
        model = SipConnection
        fields = ["site_name", "sbc", "host_label", "trunk_model"]
        help_texts = {
            "site_name": "Shown to operators only.",
            "host_label": "Made from the short name. Letters a–z, digits and hyphens.",
        }
        error_messages = {
            "site_name": {"required": "Enter a name for the site."},
            "sbc": {"required": "Choose the SBC."},
            "host_label": {"required": "Enter the host label."},
        }
        widgets = {
            "site_name": forms.TextInput(attrs={"class": "tl-w-m", "autocomplete": "off"}),
            "sbc": SbcSelect(attrs={"class": "tl-w-m"}),
            "host_label": forms.TextInput(
                attrs={
                    "class": "tl-mono tl-w-m",
                    "autocomplete": "off",
                    "spellcheck": "false",
                    "autocapitalize": "off",
                }
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["sbc"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = Sbc.objects.filter(channel=self.instance.service.channel_id).order_by("name")
            field.empty_label = "Choose an SBC"
            only = list(field.queryset[:2])
            if len(only) == 1:
                field.empty_label, field.initial = None, only[0]
                self.initial["sbc"] = self.initial.get("sbc") or only[0].pk

    @property
    def resulting(self) -> str:
        """The host name that the values as shown give; empty until there are both."""
        field, chosen, label = self.fields["sbc"], str(self["sbc"].value()), self["host_label"].value()
        sbcs: Iterable[Sbc] = (field.queryset or ()) if isinstance(field, forms.ModelChoiceField) else ()
        domain = next((sbc.base_domain for sbc in sbcs if str(sbc.pk) == chosen), "")
        return f"{label}.{domain}" if label and domain else ""

    def clean_host_label(self) -> str:
        label: str = self.cleaned_data["host_label"].lower()
        return label

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        sbc, label = cleaned.get("sbc"), cleaned.get("host_label")
        others = SipConnection.objects.exclude(service=self.instance.service)
        if sbc and label and others.filter(base_domain=sbc.base_domain, host_label=label).exists():
            self.add_error("host_label", HOST_IN_USE)
        return cleaned
