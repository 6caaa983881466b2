"""The three values, as the customer's administrator pastes them."""

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError

from m365 import causes, shape
from m365.forms import SecretField

IDS = ("tenant_id", "client_id")
# Client secrets have this sign in them (gitleaks rule `azure-ad-client-secret`), IDs never.
SIGN_OF_A_SECRET = "~"  # noqa: S105 - a sign, not a secret


def _attributes(**more: str) -> dict[str, str]:
    return {
        "class": "tl-mono",
        "autocomplete": "off",
        "spellcheck": "false",
        "autocapitalize": "none",
        **more,
    }


class SecretForm(forms.Form):
    """The new client secret alone; tenant and application stay as they are."""

    client_secret = SecretField(
        label="New Client Secret",
        help_text="Your app › Certificates &amp; secrets › column <b>Value</b> (not Secret ID). About 40 characters.",
    )

    @property
    def has_secret_id(self) -> bool:
        """Whether the Secret ID stands where its Value should."""
        return self.has_error("client_secret", causes.SECRET_ID.name)


class ValuesForm(forms.Form):
    """Says of each value what is wrong with it, before anything is sent to Microsoft."""

    tenant_id = forms.CharField(
        label="Customer Microsoft Tenant ID",
        help_text="Entra admin center › App registrations › your app › Overview › <b>Directory (tenant) ID</b>. "
        "A domain of your organisation will do, too.",
        widget=forms.TextInput(attrs=_attributes()),
        error_messages={"required": "Please enter the tenant ID."},
    )
    client_id = forms.CharField(
        label="Application (Client) ID",
        help_text="The same page › <b>Application (client) ID</b>. Not the Object ID.",
        widget=forms.TextInput(attrs=_attributes()),
        error_messages={"required": "Please enter the application (client) ID."},
    )
    client_secret = forms.CharField(
        label="Client Secret",
        help_text="Your app › Certificates &amp; secrets › column <b>Value</b> (not Secret ID). About 40 characters.",
        widget=forms.PasswordInput(attrs=_attributes(), render_value=False),
        error_messages={"required": causes.NO_SECRET.customer},
    )

    def clean(self) -> dict[str, Any]:
        given = [self.cleaned_data.get(name, "") for name in (*IDS, "client_secret")]
        self.read = shape.read(*given)
        for name, cause in self.read.problems.items():
            if name not in self.errors:
                self.add_error(name, ValidationError(cause.customer, code=cause.name))
        self._forget_misplaced_secrets()
        return self.cleaned_data

    def _forget_misplaced_secrets(self) -> None:
        """A secret that was pasted into the field of an ID is not shown again either."""
        misplaced = [
            name for name in IDS if name in self.errors and SIGN_OF_A_SECRET in self.data.get(name, "")
        ]
        if misplaced:
            self.data = cast(Any, self.data).copy()
        for name in misplaced:
            self.data[self.add_prefix(name)] = ""  # type: ignore[index]  # a copy can be written to

    @property
    def has_secret_id(self) -> bool:
        """Whether the Secret ID stands where its Value should."""
        return self.has_error("client_secret", causes.SECRET_ID.name)

    @property
    def values(self) -> dict[str, Any]:
        """The three values of a valid form, as a validation takes them."""
        return self.read.values


# Which of the three values to look at, by the name of the cause; for the others it is none of them.
VALUE_TO_LOOK_AT = {
    cause.name: name
    for name, caused in {
        "tenant_id": [
            causes.MALFORMED_TENANT,
            causes.NOBODYS_TENANT,
            causes.PERSONAL_ACCOUNTS,
            causes.SWAPPED_IDS,
            causes.UNKNOWN_TENANT,
            causes.UNKNOWN_DOMAIN,
            causes.OTHER_TENANT,
        ],
        "client_id": [
            causes.MALFORMED_CLIENT,
            causes.SAME_ID_TWICE,
            causes.TENANT_FOR_CLIENT,
            causes.UNKNOWN_APPLICATION,
            causes.FOREIGN_APPLICATION,
        ],
        "client_secret": [
            causes.NO_SECRET,
            causes.SECRET_ID,
            causes.MALFORMED_SECRET,
            causes.WRONG_SECRET,
            causes.EXPIRED_SECRET,
        ],
    }.items()
    for cause in caused
}
