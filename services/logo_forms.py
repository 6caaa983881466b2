"""What every form with a logo has in common."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from portal.core.actors import Actor
from portal.core.logos import Logo
from services.forms import JournalledForm


class WithLogo(JournalledForm):
    """A row with a logo, by a field of that name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["logo"] = self.instance.logo

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "logo" in cleaned:
            self.instance.logo = cleaned["logo"] = cleaned["logo"] or None  # False: it is to be removed
        return cleaned

    @transaction.atomic
    def store(self, actor: Actor) -> None:
        """As of any journalled row; the logo itself comes first, in the same transaction."""
        if isinstance(logo := self.cleaned_data["logo"], Logo) and "logo" in self.changed_data:
            logo.keep()
        super().store(actor)

    def follow_up(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        if former := changes.get("logo", {}).get("old"):
            Logo.release(former)
        return super().follow_up(changes)
