"""The table of Django's database cache, here so that migrations make it and nobody must remember a command."""

from django.db import models


class CacheEntry(models.Model):
    """Sign-in limits and the like: shared by all web processes, gone when they expire."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "core_cache"

    def __str__(self) -> str:
        return self.cache_key
