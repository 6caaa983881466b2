"""SBCs: where customers' trunks end."""

from django.core.validators import RegexValidator
from django.db import models

from portal.core.tenancy import Row, Scoped, ScopedQuerySet
from services.models.named import Named
from services.names import validate_printable

DOMAIN = RegexValidator(
    r"^(?=.{4,189}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$",
    "A domain as sbc.provider.example: letters a–z, digits, hyphens and dots.",
)


class SbcQuerySet(ScopedQuerySet["Sbc"]):
    pass


class Sbc(Named, Row, Scoped):
    name = models.CharField(max_length=100, validators=[validate_printable])
    base_domain = models.CharField(max_length=189, validators=[DOMAIN])
    address = models.GenericIPAddressField("public IP address", null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)

    objects = SbcQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "name"], name="one_sbc_of_a_name")]

    def __str__(self) -> str:
        return f"{self.name} ({self.base_domain})"
