"""What of a pending service can be edited: everything that Add New Tenant asked for, the short name included."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.db import IntegrityError, models, transaction

from portal.core.actors import Actor
from services import names
from services.forms import ServiceForm
from services.license_types import LicenseType, sold_to
from services.models import Service, SipConnection
from services.onboarding.forms import IN_USE, ServiceFields

TOO_LATE = "It is not pending any more: it was created or deleted meanwhile. Nothing was changed."


class PendingServiceForm(ServiceForm, ServiceFields):
    field_order = ["full_name", "short_name", "license_type", "licensed_users", "m365_contact"]

    class Meta(ServiceForm.Meta):
        fields = ["full_name", "short_name", "license_type", "licensed_users", "m365_contact"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = self.instance.license_type  # which it keeps, even if it is not sold any more
        sold = sold_to(self.instance.customer)
        self.sell([one for one in LicenseType if one in sold or one == now])

    def others(self) -> models.QuerySet[Service]:
        return super().others().exclude(pk=self.instance.pk)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "full_name" in cleaned:
            cleaned["full_name"] = names.normal(cleaned["full_name"] or cleaned.get("short_name", ""))
        return cleaned

    @transaction.atomic
    def store(self, actor: Actor) -> None:
        """Raises ValidationError when it is not pending any more."""
        if not self.instance.lock_pending():
            raise forms.ValidationError(TOO_LATE, code="too_late")
        super().store(actor)

    def refuse_taken(self, error: IntegrityError) -> None:
        if "short_name_is_unique" not in str(error):
            raise error
        self.add_error("short_name", forms.ValidationError(IN_USE, code="in_use"))

    def columns(self, changes: Iterable[str]) -> list[str]:
        written = list(changes)
        return [*written, "short_key"] if "short_name" in written else written

    def follow_up(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """The host label follows the short name, unless somebody chose another one or the new one is taken."""
        if "license_type" in changes:
            self.instance.customer.hold_license_type(self.instance.license_type)
        if not (renamed := changes.get("short_name")):
            return {}
        former, label = names.host_label(renamed["old"]), names.host_label(renamed["new"])
        self._move_kept(former, label)
        proposed = SipConnection.objects.filter(service=self.instance, host_label=former)
        if (connection := proposed.first()) is None or label == former or not _moved(connection, label):
            return {}
        return {"host_label": {"old": former, "new": label}}

    def _move_kept(self, former: str, label: str) -> None:
        """The same for a SIP connection that is only half entered."""
        self.instance.refresh_from_db(fields=["kept"])
        half = self.instance.kept.get("sip", {})
        if half.get("host_label") == former:
            self.instance.keep("sip", {**half, "host_label": label})


def _moved(connection: SipConnection, label: str) -> bool:
    connection.host_label = label
    try:
        with transaction.atomic():
            connection.save(update_fields=["host_label"])
    except IntegrityError as error:
        if "host_name_is_unique" not in str(error):
            raise
        return False
    return True
