"""Seals: each entry of the journal gets a number without gaps, and a hash that holds the hash before it.

Written each minute by one worker at a time. Whoever changes or removes an entry in the database itself, past the
trigger, breaks the chain there; whoever cuts off its end is found by a head that was kept elsewhere.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models.functions import Now

from portal.core.clock import now
from portal.core.journal import JournalDetail, JournalEntry, hash_of_detail

# So many at once: what a night writes is sealed within minutes, and no transaction is long.
BATCH = 2_000
# An entry is visible when its transaction ends, and none of ours lasts so long.
LONGEST_TRANSACTION = timedelta(days=1)
# Sealed each minute, so an entry that is older than this and has no seal is one too many.
SEALED_WITHIN = timedelta(minutes=10)
_LOCK = "portal.core.journal_seals"
_FIRST = "0" * 64


class JournalSeal(models.Model):
    """One entry's place in the chain; append-only, as the entries are."""

    number = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(JournalEntry, on_delete=models.PROTECT, related_name="seal")
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


def seal() -> int:
    """Seal what has none yet; gives how many. While somebody else is at it, nothing."""
    with transaction.atomic():
        if not _alone():
            return 0
        last = JournalSeal.objects.select_related("entry").order_by("-number").first()
        number, previous = (last.number, last.hash) if last else (0, _FIRST)
        seals = []
        for entry in _unsealed(last)[:BATCH]:
            number += 1
            made = _hash(settings.SECRET_KEY, number, previous, entry)
            seals.append(JournalSeal(number=number, entry=entry, previous=previous, hash=made))
            previous = made
        JournalSeal.objects.bulk_create(seals)
        return len(seals)


def head() -> JournalSeal | None:
    """The newest seal."""
    return JournalSeal.objects.order_by("-number").first()


def _alone() -> bool:
    """Until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [_LOCK])
        return bool(cursor.fetchone()[0])


def _unsealed(last: JournalSeal | None) -> "models.QuerySet[JournalEntry]":
    entries = JournalEntry.objects.filter(seal=None).order_by("created_at", "id")
    return entries.filter(created_at__gt=last.entry.created_at - LONGEST_TRANSACTION) if last else entries


def _hash(key: str, number: int, previous: str, entry: JournalEntry) -> str:
    sealed: list[Any] = [
        number, previous, entry.id, entry.created_at.astimezone(UTC).isoformat(), entry.verb, entry.actor_kind,
        entry.operator_id, entry.about, entry.fields, entry.request_id, entry.detail_hash,
    ]  # fmt: skip
    text = json.dumps(sealed, default=str)
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Flaw:
    """Where the journal is not what was written."""

    number: int
    entry: object
    words: str

    def __str__(self) -> str:
        return f"{self.number or 'unsealed'}, entry {self.entry}: {self.words}"


@dataclass
class Account:
    """What was read: how many entries, how many of them without a detail any more, and which are flawed."""

    sealed: int = 0
    purged: int = 0
    first_purged: int = 0
    last_purged: int = 0


def verify(account: Account, known_head: tuple[int, str] | None = None) -> Iterator[Flaw]:
    """Read all of it; each flaw as it is found, and in `account` the rest once it is over.

    `known_head`: number and hash of a seal that was kept elsewhere, for an end that was cut off or made anew.
    """
    expected, previous, of_head = 1, _FIRST, ""
    for seals, entries, details in _chunks():
        for one in seals:
            account.sealed += 1
            yield from _of_seal(one, expected, previous, entries.get(one.entry_id))
            yield from _of_detail(one, entries.get(one.entry_id), details.get(one.entry_id), account)
            expected, previous = one.number + 1, one.hash
            of_head = one.hash if known_head and one.number == known_head[0] else of_head
    if known_head and of_head != known_head[1]:
        yield Flaw(known_head[0], "of the known head", "is missing, or another one than was kept")
    late = _unsealed(None).filter(created_at__lt=now() - SEALED_WITHIN)
    yield from (Flaw(0, pk, "was never sealed") for pk in late.values_list("pk", flat=True))


def _chunks() -> Iterator[tuple[list[JournalSeal], dict[Any, JournalEntry], dict[Any, JournalDetail]]]:
    seals = JournalSeal.objects.order_by("number")
    chunk = list(seals[:BATCH])
    while chunk:
        ids = [one.entry_id for one in chunk]
        yield chunk, JournalEntry.objects.in_bulk(ids), JournalDetail.objects.in_bulk(ids)
        chunk = list(seals.filter(number__gt=chunk[-1].number)[:BATCH])


def _of_seal(one: JournalSeal, expected: int, previous: str, entry: JournalEntry | None) -> Iterator[Flaw]:
    if one.number != expected:
        yield Flaw(one.number, one.entry_id, f"{one.number - expected} seals before it are missing")
    elif one.previous != previous:
        yield Flaw(one.number, one.entry_id, "does not follow the seal before it")
    if entry is None:
        yield Flaw(one.number, one.entry_id, "is missing")
    elif one.hash not in [_hash(key, one.number, one.previous, entry) for key in _keys()]:
        yield Flaw(one.number, one.entry_id, f"was changed; it says {entry.verb}")


def _of_detail(
    one: JournalSeal, entry: JournalEntry | None, detail: JournalDetail | None, account: Account
) -> Iterator[Flaw]:
    if entry is None:
        return
    if detail is None:
        account.purged += 1
        account.first_purged = account.first_purged or one.number
        account.last_purged = one.number
    elif entry.detail_hash not in [hash_of_detail(detail, key) for key in _keys()]:
        yield Flaw(one.number, one.entry_id, "its detail was changed")


def _keys() -> list[str]:
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
