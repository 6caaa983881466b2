"""Who is at a pending service in the Onboarding wizard, and what they entered and did not finish."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from portal.core.tenancy import Operator
from services.models.drafts import LONGEST_KEPT

# Steps of one operator within this time are written down once.
NOTED_EVERY = timedelta(minutes=1)
# Another operator's last step counts as being at it for this long.
AT_IT_FOR = timedelta(minutes=10)
# What is kept of each step's form when it is left unfinished; a secret is never among it.
KEPT_OF = {
    "values": ("tenant_id", "client_id"),
    "settings": ("m365_domain",),
    "sip": ("site_name", "sbc", "host_label", "trunk_model"),
}


@dataclass(frozen=True)
class Beside:
    """Another operator at the same service; minutes, rounded down, since their last step."""

    name: str
    minutes: int


class Edited(models.Model):
    """A row that several operators may finish, one after the other or at the same time."""

    # Written with the database's clock. The former editor is another one than the present one.
    edited_by = models.ForeignKey(
        Operator, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    edited_at = models.DateTimeField(null=True, editable=False)
    former_editor = models.ForeignKey(
        Operator, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    former_edited_at = models.DateTimeField(null=True, editable=False)
    kept = models.JSONField(default=dict, editable=False)  # typed and not finished, by step

    beside: Beside | None = None

    class Meta:
        abstract = True

    def touch(self, operator: Operator) -> None:
        """Note that this operator is at it, and who else is (`beside`); one UPDATE, at most one a minute."""
        mine, ago = self.edited_by_id == operator.pk, _since(self.edited_at)
        other, at = (self.former_editor, self.former_edited_at) if mine else (self.edited_by, self.edited_at)
        if other and (since := _since(at)) is not None and since < AT_IT_FOR:
            self.beside = Beside(other.name, max(since // timedelta(minutes=1), 0))
        if mine and ago is not None and ago < NOTED_EVERY:
            return
        row = type(self)._default_manager.filter(pk=self.pk)
        if mine:
            row.filter(edited_by=operator).update(edited_at=Now())
        else:
            row.exclude(edited_by=operator).update(
                former_editor=F("edited_by"),
                former_edited_at=F("edited_at"),
                edited_by=operator,
                edited_at=Now(),
            )

    @transaction.atomic
    def keep(self, place: str, typed: Mapping[str, str]) -> None:
        """Remember what was typed in that step, right or wrong. PostgreSQL's JSON has no NUL."""
        values = {name: typed.get(name, "")[:LONGEST_KEPT].replace("\0", "") for name in KEPT_OF[place]}
        self._keep(lambda kept: {**kept, place: values})

    @transaction.atomic
    def forget(self, place: str) -> None:
        """That step is finished."""
        if place in self.kept:
            self._keep(lambda kept: {name: values for name, values in kept.items() if name != place})

    def _keep(self, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        row = type(self)._default_manager.filter(pk=self.pk)
        self.kept = change(row.select_for_update(no_key=True).values_list("kept", flat=True).get())
        row.update(kept=self.kept)


def _since(at: datetime | None) -> timedelta | None:
    return timezone.now() - at if at else None
