"""Inviting an operator, and giving one a role."""

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.db.models import QuerySet

from portal.core.addresses import AddressFormField
from portal.core.roles import Role
from portal.core.tenancy import Channel, Membership, Operator

PROVIDER = "All channels, for the provider"


class RoleForm(forms.Form):
    """A role in one of the channels that this admin may give roles in."""

    channel = forms.ModelChoiceField(Channel.objects.none(), label="Channel", required=False)
    role = forms.ChoiceField(choices=Role.choices, label="Role", initial=Role.OPERATOR)

    def __init__(self, *args: Any, admin: Operator, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[Channel]", self.fields["channel"])
        field.queryset = channels_of(admin)
        everywhere = None in admin.manages
        field.required = not everywhere
        field.empty_label = PROVIDER if everywhere else None


class InviteForm(RoleForm):
    email = AddressFormField(label="E-mail")
    name = forms.CharField(label="Name", max_length=200, help_text="As colleagues see it.")

    field_order: Iterable[str] | None = ["name", "email", "channel", "role"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        there = Membership.objects.filter(
            operator__email=str(given.get("email", "")).lower(), channel=given.get("channel")
        )
        if "email" in given and "channel" in given and there.exists():
            self.add_error("email", "Somebody with this address works there already.")
        return given


def channels_of(admin: Operator) -> "QuerySet[Channel]":
    """In which they may give roles."""
    found = Channel.objects.order_by("name")
    return (
        found
        if None in admin.manages
        else found.filter(pk__in=[channel for channel in admin.manages if channel])
    )
