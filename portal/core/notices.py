"""Short sentences for one operator, kept until they have read them; each may lead to a page of the portal."""

from typing import Self

from django.db import models

from portal.core.clock import now
from portal.core.tenancy import Operator, Row


class NoticeQuerySet(models.QuerySet["Notice"]):
    def of(self, operator: Operator) -> Self:
        """Their own; nobody reads another one's."""
        return self.filter(operator=operator)

    def unread(self) -> Self:
        return self.filter(read_at=None)

    def mark_read(self) -> int:
        """How many were unread until now; the moment of the first reading stays."""
        return self.unread().update(read_at=now())


class Notice(Row):
    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="notices")
    key = models.CharField(max_length=200, unique=True)
    text = models.CharField(max_length=1000)
    url = models.CharField(max_length=500)
    read_at = models.DateTimeField(null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["operator", "-created_at", "id"], name="notice_list"),
            models.Index(fields=["operator"], name="notice_unread", condition=models.Q(read_at=None)),
        ]

    def __str__(self) -> str:
        return f"notice {self.id}"

    @classmethod
    def tell(cls, operator: Operator, text: str, url: str, *, key: str) -> "Notice":
        """Put a sentence before this operator, in the caller's transaction; the same key again is the same notice.

        `url` is a path of the portal. Raises ValueError for any other address, which nobody should be led to.
        """
        if not url.startswith("/") or url.startswith("//"):
            raise ValueError(f"{url!r} is no path of the portal")
        told = {"operator": operator, "text": text, "url": url}
        notice, _new = cls.objects.get_or_create(key=key, defaults=told)
        return notice
