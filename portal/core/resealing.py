"""Rotation of sealing keys while the portal runs: what is sealed with a former key is sealed anew with the first one.

A batch is one transaction, and which rows are left stands in the rows themselves: whoever is killed is continued by
the next run, and two runs at the same moment share the work. Secrets that are written meanwhile are sealed with the
first key anyway.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db import models, transaction

from portal.core.accounts.second_factor import PURPOSE, SEALED
from portal.core.failpoints import failpoint
from portal.core.sealing import (
    KeyId,
    Unsealable,
    first_key,
    key_of,
    open_text,
    seal_into,
    seal_text,
    sealed_columns,
    unseal,
)

BATCH = 500


@dataclass
class Progress:
    """How many of a column are sealed anew, and which rows cannot be opened with any key there is."""

    model: type[models.Model]
    column: str
    done: int = 0
    unsealable: list[UUID | int] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.model._meta.label}.{self.column}"


def reseal() -> Iterator[Progress]:
    """Seal anew what is not sealed with the first key; told after each batch.

    A row that cannot be opened is left as it is and named; the others go on.
    """
    for model, column in sealed_columns():
        progress = Progress(model, column)
        while (left := _left(progress)).exists():
            _seal_a_batch(left, progress)
            failpoint("reseal.committed")
            yield progress
    yield from _second_factors()


def keys_in_use() -> set[str]:
    """The ids of all keys that something in the database is sealed with."""
    found = {key_of(row.data[SEALED[row.type]]) for row in Authenticator.objects.filter(type__in=SEALED)}
    for model, column in sealed_columns():
        sealed = model._base_manager.exclude(**{column: None})
        found.update(sealed.values_list(KeyId(column), flat=True).distinct())
    return found


def _left(progress: Progress) -> "models.QuerySet[models.Model]":
    rows: models.QuerySet[models.Model] = progress.model._base_manager.exclude(**{progress.column: None})
    rows = rows.annotate(sealed_with=KeyId(progress.column)).exclude(sealed_with=first_key())
    return rows.exclude(pk__in=progress.unsealable)


@transaction.atomic
def _seal_a_batch(left: "models.QuerySet[models.Model]", progress: Progress) -> None:
    # Locked, so that nobody wipes or replaces a secret between its opening and its sealing. Who holds one already is
    # waited for: what they leave is read then.
    rows = list(left.select_for_update(no_key=True, of=("self",)).order_by("pk")[:BATCH])
    sealed = []
    for row in rows:
        try:
            seal_into(row, progress.column, unseal(row, progress.column))
        except Unsealable:
            progress.unsealable.append(row.pk)
        else:
            sealed.append(row)
    progress.model._base_manager.bulk_update(sealed, [progress.column])
    progress.done += len(sealed)
    failpoint("reseal.batch")


def _second_factors() -> Iterator[Progress]:
    """allauth keeps them in JSON, a few for each operator; one at a time is quick enough."""
    progress = Progress(Authenticator, "data")
    for key in Authenticator.objects.filter(type__in=SEALED).order_by("pk").values_list("pk", flat=True):
        _seal_a_factor(key, progress)
    if progress.done or progress.unsealable:
        yield progress


@transaction.atomic
def _seal_a_factor(key: int, progress: Progress) -> None:
    row = Authenticator.objects.select_for_update(no_key=True).filter(pk=key).first()
    if row is None or key_of(row.data[SEALED[row.type]]) == first_key():
        return
    place = SEALED[row.type]
    try:
        row.data[place] = seal_text(PURPOSE, open_text(PURPOSE, row.data[place]))
    except Unsealable:
        progress.unsealable.append(key)
    else:
        row.save(update_fields=["data"])
        progress.done += 1
