"""Secrets at rest: AES-256-GCM, bound to table, row and purpose, so that a copied ciphertext opens nowhere else.

Stored as `v1.<key id>.<base64 of nonce and ciphertext>`; the first of SEALING_KEYS seals, all of them open.
"""

import base64
import hashlib
import os
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.apps import apps
from django.conf import settings
from django.db import models

from portal.core.secrets import Secret

NONCE_BYTES = 12


class Unsealable(Exception):
    """The value was sealed for another row or purpose, with a key that is gone, or was altered."""


if TYPE_CHECKING:
    SealedText = models.TextField[str | None, str | None]
else:  # Django's fields take no parameters when they run
    SealedText = models.TextField


class SealedField(SealedText):
    """A column that holds sealed text only; write with `seal_into`, read with `unseal`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.update(null=True, blank=True, editable=False)
        super().__init__(*args, **kwargs)


def sealed_columns() -> list[tuple[type[models.Model], str]]:
    """The registry: every sealed column of the installation, for re-sealing under a new key."""
    return [
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, SealedField)
    ]


@lru_cache
def _ring(keys: tuple[str, ...]) -> dict[str, AESGCM]:
    raw = [base64.urlsafe_b64decode(key) for key in keys]
    return {hashlib.sha256(key).hexdigest()[:8]: AESGCM(key) for key in raw}


def known_keys() -> set[str]:
    """The ids of SEALING_KEYS."""
    return set(_ring(tuple(settings.SEALING_KEYS)))


def first_key() -> str:
    """The id of the key that seals."""
    return next(iter(_ring(tuple(settings.SEALING_KEYS))))


class KeyId(models.Func):
    """For queries: the key's id within a sealed text."""

    function = "SPLIT_PART"
    template = "%(function)s(%(expressions)s, '.', 2)"
    output_field = models.TextField()


def _context(row: models.Model, column: str) -> bytes:
    return f"{row._meta.db_table}/{row.pk}/{column}".encode()


def seal_into(row: models.Model, column: str, secret: Secret) -> None:
    """Seal `secret` into a column of an unsaved or saved row (its UUID primary key exists already)."""
    setattr(row, column, _sealed(_context(row, column), secret))


def unseal(row: models.Model, column: str) -> Secret:
    """The secret in a sealed column.

    Raises Unsealable when the column is empty, was sealed for another row, or its key is gone.
    """
    try:
        return _opened(_context(row, column), getattr(row, column) or "")
    except Unsealable as error:
        raise Unsealable(f"{row._meta.label} {row.pk}: {column} {error}") from error


def seal_text(purpose: str, secret: Secret) -> str:
    """Seal for a place that has no row of its own, bound to the purpose alone."""
    return _sealed(purpose.encode(), secret)


def open_text(purpose: str, text: str) -> Secret:
    """What was sealed for that purpose. Raises Unsealable as `unseal` does."""
    return _opened(purpose.encode(), text)


def key_of(text: str) -> str:
    """The id of the key that a text is sealed with."""
    return text.split(".")[1]


def _sealed(context: bytes, secret: Secret) -> str:
    key_id, key = next(iter(_ring(tuple(settings.SEALING_KEYS)).items()))
    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + key.encrypt(nonce, secret.reveal().encode(), context)
    return f"v1.{key_id}.{base64.urlsafe_b64encode(sealed).decode()}"


def _opened(context: bytes, text: str) -> Secret:
    try:
        version, key_id, coded = text.split(".")
        if version != "v1":
            raise Unsealable("is of an unknown format")
        key = _ring(tuple(settings.SEALING_KEYS))[key_id]
        sealed = base64.urlsafe_b64decode(coded)
        plain = key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
    except (ValueError, KeyError, InvalidTag) as error:
        raise Unsealable("cannot be opened") from error
    return Secret(plain.decode())
