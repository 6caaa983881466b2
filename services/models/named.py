"""Rows with a name that is unique in their channel."""

from collections.abc import Collection

from django.db import models


class Named(models.Model):
    class Meta:
        abstract = True

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Nothing: the forms say beside the name that it is taken, and the database has the last word."""
