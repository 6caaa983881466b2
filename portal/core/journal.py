"""What happened, who did it, when and from where.

An entry holds ids, field names and a keyed hash of its detail and is never changed: a database trigger refuses
UPDATE and DELETE. Names, addresses and values stand in the detail row, which retention may remove.
"""

import hashlib
import hmac
import json
import uuid
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction

from portal.core.actors import Actor, ActorKind
from portal.core.logs import request_id
from portal.core.tenancy import Operator, Row


class JournalEntry(Row):
    """One thing that happened; append-only."""

    verb = models.CharField(max_length=60)
    actor_kind = models.CharField(max_length=10, choices=ActorKind.choices)
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, null=True, related_name="+")
    about: "ArrayField[list[uuid.UUID], list[uuid.UUID]]" = ArrayField(models.UUIDField())
    fields: "ArrayField[list[str], list[str]]" = ArrayField(models.CharField(max_length=60))
    request_id = models.CharField(max_length=40, blank=True)
    detail_hash = models.CharField(max_length=64)

    class Meta:
        indexes = [
            GinIndex(fields=["about"], name="journal_about"),
            models.Index(fields=["created_at", "id"], name="journal_order"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.id}"


class JournalDetail(models.Model):
    """The readable part of an entry: who by name, from where, and the values."""

    entry = models.OneToOneField(
        JournalEntry, on_delete=models.PROTECT, primary_key=True, related_name="detail"
    )
    actor_label = models.CharField(max_length=400)
    source = models.CharField(max_length=100, blank=True)
    values = models.JSONField(encoder=DjangoJSONEncoder)

    def __str__(self) -> str:
        return f"detail of {self.entry_id}"


@transaction.atomic
def write(actor: Actor, verb: str, about: Iterable[models.Model | uuid.UUID], **values: Any) -> JournalEntry:
    """Record that `actor` did `verb` (as "invitation.revoked") to these rows or ids; never pass a secret."""
    entry = JournalEntry(
        verb=verb,
        actor_kind=actor.kind,
        operator=actor.operator,
        about=[row if isinstance(row, uuid.UUID) else getattr(row, "uuid", row.pk) for row in about],
        fields=sorted(values),
        request_id=request_id.get(),
    )
    detail = JournalDetail(entry=entry, actor_label=actor.label, source=actor.source, values=values)
    entry.detail_hash = hash_of_detail(detail, settings.SECRET_KEY)
    entry.save(force_insert=True)
    detail.save(force_insert=True)
    return entry


def hash_of_detail(detail: JournalDetail, key: str) -> str:
    """What the entry keeps of it: keyed, so that nobody can try values against it."""
    readable = json.dumps(
        [str(detail.pk or detail.entry.pk), detail.actor_label, detail.source, detail.values],
        cls=DjangoJSONEncoder,
        sort_keys=True,
    )
    return hmac.new(key.encode(), readable.encode(), hashlib.sha256).hexdigest()
