"""Rotation of sealing keys while the portal runs: what is sealed with a former key is sealed anew with the first one.

A batch is one transaction, and which rows are left stands in the rows themselves: whoever is killed is continued by
the next run, and two runs at the same moment share the work. Secrets that are written meanwhile are sealed with the
first key anyway.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from django.db import models, transaction

from portal.core.failpoints import failpoint
from portal.core.sealing import KeyId, Unsealable, first_key, seal_into, sealed_columns, unseal

BATCH = 500


@dataclass
class Progress:
    """How many of a column are sealed anew, and which rows cannot be opened with any key there is."""

    model: type[models.Model]
    column: str
    done: int = 0
    unsealable: list[UUID] = field(default_factory=list)

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
