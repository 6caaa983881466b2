"""Logos: small pictures in the database, each stored once and served by the hash of its content."""

import hashlib
from collections.abc import Callable, Collection
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Self

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import models, transaction
from django.db.models import Exists, OuterRef, ProtectedError, Q, QuerySet
from django.urls import reverse

from portal.core import pictures

if TYPE_CHECKING:
    from portal.core.tenancy import Operator

Showing = Callable[["Operator"], QuerySet[Any]]

# A logo's content never changes under its address. Opened by itself it is a picture in an empty room.
LOGO_HEADERS = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
TOO_LARGE = "This file is too large. Up to {kilobytes} kB are possible."

_showing: list[Showing] = []


def register(rows: Showing) -> None:
    """When an app starts: its rows with a column `logo`, as far as an operator may see them."""
    _showing.append(rows)


class LogoQuerySet(models.QuerySet["Logo"]):
    def shown_to(self, operator: "Operator") -> Self:
        """Those of rows that this operator may see: to know the hash of a picture is no permission."""
        shown = (Q(Exists(rows(operator).filter(logo=OuterRef("pk")))) for rows in _showing)
        return self.filter(reduce(or_, shown))


class Logo(models.Model):
    """Never changed: another picture is another row. Whoever shows one refers to it with on_delete=PROTECT."""

    hash = models.CharField(primary_key=True, max_length=64)  # SHA-256 of the content, hexadecimal
    content_type = models.CharField(
        max_length=10, choices=[(name, name) for name in pictures.CONTENT_TYPES.values()]
    )
    content = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = LogoQuerySet.as_manager()

    def __str__(self) -> str:
        return f"logo {self.hash[:8]}"

    @classmethod
    def of(cls, picture: pictures.Picture) -> "Logo":
        """The row for this picture, not stored yet."""
        digest = hashlib.sha256(picture.content).hexdigest()
        return cls(hash=digest, content_type=picture.content_type, content=picture.content)

    @property
    def url(self) -> str:
        return reverse("logo", args=[self.hash])

    def keep(self) -> None:
        """Store it, unless it is there; until the caller's transaction ends, nobody can `release` it."""
        Logo.objects.bulk_create(
            [self], update_conflicts=True, unique_fields=["hash"], update_fields=["content_type"]
        )

    @classmethod
    @transaction.atomic
    def release(cls, digest: str) -> bool:
        """Remove it unless a row still refers to it; False if one does, or if it is gone already."""
        # Locked first, and asked about in a statement of its own: that one sees who kept it meanwhile.
        logo = cls.objects.select_for_update().filter(hash=digest).first()
        try:
            return bool(logo and logo.delete())
        except ProtectedError:
            return False


class LogoField(forms.FileField):
    """A picture to upload; cleaned it is an unstored Logo, False to remove the present one, or that one."""

    widget = forms.ClearableFileInput(attrs={"class": "tl-w-m"})
    default_error_messages = {
        "empty": "This file is empty.",
        "contradiction": "Either choose a picture or remove the present one, not both.",
    }

    def __init__(
        self,
        kinds: Collection[str] = tuple(pictures.CONTENT_TYPES),
        most_bytes: int | None = None,
        **kwargs: Any,
    ) -> None:
        self.kinds, self.most_bytes = kinds, most_bytes or settings.UPLOAD_MOST_BYTES
        super().__init__(**{"label": "Logo", "required": False, **kwargs})
        self.widget.attrs["accept"] = ",".join(pictures.CONTENT_TYPES[kind] for kind in kinds)
        self.widget.clear_checkbox_label = "Remove the logo"

    def to_python(self, data: "File[Any] | None") -> Any:
        file = super().to_python(data)
        if file is None:
            return None
        if (file.size or 0) > self.most_bytes:
            kilobytes = self.most_bytes // 1000
            raise ValidationError(TOO_LARGE.format(kilobytes=kilobytes), code="too_large")
        return Logo.of(pictures.read(file.read(), self.kinds))
