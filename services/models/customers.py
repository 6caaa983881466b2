"""Customers: the companies whose tenants are connected."""

from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from m365.clouds import Cloud
from m365.models import AppRegistration
from portal.core.addresses import AddressField
from portal.core.logos import Logo
from portal.core.tenancy import Channel, Row, Scoped, ScopedQuerySet
from services import license_types
from services.models.named import Named
from services.names import normal, validate_printable

FULL = "{channel} has as many customers as it may have: {most}. An admin of the provider can raise this."
NOT_SOLD = "This license type is not sold to this customer. Choose another one."


class CustomerQuerySet(ScopedQuerySet["Customer"]):
    def matching(self, text: str) -> Self:
        """Those whose name, or recorded tenant ID, has this text."""
        text = text.strip()
        return self.filter(Q(name__icontains=text) | Q(tenant_id__istartswith=text)) if text else self.all()

    def why_full(self, channel: Channel) -> str:
        """Why this channel can have no further customer; empty when it can."""
        if channel.most_customers is None:
            return ""
        full = self.filter(channel=channel).count() >= channel.most_customers
        return FULL.format(channel=channel.name, most=channel.most_customers) if full else ""

    def with_service_counts(self) -> Self:
        living = Q(services__state__in=["pending", "active", "suspended"])
        return self.annotate(service_count=models.Count("services", filter=living))


class Customer(Named, Row, Scoped):
    name = models.CharField(max_length=200, validators=[validate_printable])
    description = models.CharField(max_length=500, blank=True)
    tenant_id = models.UUIDField("Microsoft tenant ID", null=True, blank=True)
    cloud = models.CharField("Microsoft cloud", max_length=10, choices=Cloud.choices, default=Cloud.WORLDWIDE)
    contact_name = models.CharField(max_length=200, blank=True, validators=[validate_printable])
    contact_email = AddressField(max_length=254, blank=True)
    second_email = AddressField(max_length=254, blank=True)
    contact_phone = models.CharField(max_length=50, blank=True)
    second_phone = models.CharField(max_length=50, blank=True)
    # Lists need its address only, which is made of the key: never join it, its content would come along.
    logo = models.ForeignKey(Logo, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    # Which license types it may have, of those that its channel sells; empty: all of them.
    license_types: "ArrayField[list[str] | None, list[str] | None]" = ArrayField(
        models.CharField(max_length=20), null=True, blank=True
    )
    # Days before the end of a secret at which to warn, the largest first; empty: the channel's.
    warn_days: "ArrayField[list[int] | None, list[int] | None]" = ArrayField(
        models.PositiveSmallIntegerField(), null=True, blank=True
    )

    objects = CustomerQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "name"], name="one_customer_of_a_name")]
        indexes = [models.Index(fields=["name", "id"], name="customer_list")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name = normal(self.name)
        super().save(*args, **kwargs)

    def hold_license_type(self, license_type: str) -> None:
        """Before a service is stored with it: until the transaction ends it cannot be switched off.

        Raises ValidationError when it is not sold to this customer.
        """
        channel = Channel.objects.locked(self.channel_id)
        now = Customer.objects.get(pk=self.pk)  # behind the lock
        now.channel = channel
        if license_type not in license_types.sold_to(now):
            raise ValidationError({"license_type": ValidationError(NOT_SOLD, code="not_sold")})

    @property
    def shares_tenant(self) -> bool:
        """Whether another customer of this installation has its tenant, recorded or connected; whose stays untold."""
        if self.tenant_id is None:
            return False
        recorded = Customer.objects.filter(tenant_id=self.tenant_id).exclude(pk=self.pk)
        connected = AppRegistration.objects.filter(tenant_id=self.tenant_id).exclude(owner=self.pk)
        return recorded.exists() or connected.exclude(active_credential=None).exists()

    def expect_tenant(self) -> None:
        """Let the registrations that are not connected yet expect the tenant and cloud recorded here."""
        waiting = AppRegistration.objects.filter(owner=self.pk, active_credential=None)
        waiting.update(expected_tenant_id=self.tenant_id, cloud=self.cloud)
