"""License types, and which of them a channel may sell and a customer may have."""

from typing import TYPE_CHECKING

from django.db import models

from portal.core.tenancy import Channel

if TYPE_CHECKING:
    from services.models.customers import Customer


class LicenseType(models.TextChoices):
    ESSENTIALS_PLUS = "essentials_plus", "Hosted Essentials+"
    PRO = "pro", "Hosted Pro"


def sold_by(channel: Channel) -> list[LicenseType]:
    """In their usual order; a channel for which nothing was chosen sells all."""
    return _among(list(LicenseType), channel.license_types)


def sold_to(customer: "Customer") -> list[LicenseType]:
    """Of what its channel sells, what this customer may have."""
    return _among(sold_by(customer.channel), customer.license_types)


def shown(types: list[LicenseType]) -> str:
    """As people read them: "Hosted Essentials+, Hosted Pro"."""
    return ", ".join(one.label for one in types)


def _among(types: list[LicenseType], chosen: list[str] | None) -> list[LicenseType]:
    return types if chosen is None else [one for one in types if one in chosen]
