"""What an invitation asks for. The purpose is part of its signed link and is that of the validations it leads to."""

from datetime import timedelta

from django.db import models

# A link that asks for a renewal lives as long at most; the next mail brings another one.
RENEWAL_LIFETIME = timedelta(days=30)


class Purpose(models.TextChoices):
    ACTIVATE = "activate", "connect a tenant for the first time"
    RECONNECT = "reconnect", "connect once more; the connection in use works until then"
    RENEW = "renew", "a new client secret for the tenant and application in use"

    @property
    def completes(self) -> bool:
        """Whether nothing is left to do for anybody once it is answered: the service exists already."""
        return self is not Purpose.ACTIVATE
