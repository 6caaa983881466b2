"""SIP connections: where the trunk of a service ends."""

from typing import Any, Self

from django.db import models, transaction
from django.db.models import Q

from portal.core import journal
from portal.core.actors import Actor
from portal.core.tenancy import Row, Scoped, ScopedQuerySet
from services import names
from services.models.sbcs import Sbc
from services.models.services import Service

ENTERED = ("site_name", "sbc_id", "base_domain", "host_label", "trunk_model")


class SipConnection(Row, Scoped):
    """The trunk of one service on one SBC, by host name."""

    class TrunkModel(models.TextChoices):
        DERIVED_TRUNK = "derived_trunk", "DerivedTrunk"
        DOMAIN_ONLY = "domain_only", "AzureAdDomainOnly"

    service = models.OneToOneField(Service, on_delete=models.CASCADE, related_name="sip_connection")
    site_name = models.CharField("Site name", max_length=100, validators=[names.validate_printable])
    sbc = models.ForeignKey(Sbc, on_delete=models.PROTECT, related_name="+", verbose_name="SBC")
    base_domain = models.CharField(max_length=189, editable=False)  # the SBC's when it was chosen
    host_label = models.CharField("Host label", max_length=63, validators=[names.validate_host_label])
    trunk_model = models.CharField(
        "Trunk model", max_length=20, choices=TrunkModel.choices, default=TrunkModel.DERIVED_TRUNK
    )

    objects = ScopedQuerySet["SipConnection"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["base_domain", "host_label"],
                name="host_name_is_unique",
                violation_error_message="This host name is in use already.",
            )
        ]

    @classmethod
    def proposed(cls, service: Service) -> Self:
        """What the operator may change: the label made from the short name, free on every SBC of the channel."""
        label = names.host_label(service.short_name)
        domains = Sbc.objects.filter(channel=service.channel_id).values("base_domain")
        taken = cls.objects.filter(cls.like(label), base_domain__in=domains).values_list(
            "host_label", flat=True
        )
        free = names.free_label(label, set(taken))
        return cls(service=service, site_name=service.full_name[:100], host_label=free)

    @staticmethod
    def like(label: str) -> Q:
        """The label and those made from it by a number: short enough to leave room for one of five digits."""
        return Q(host_label__startswith=label[: names.LONGEST_LABEL - 6].rstrip("-"))

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.channel_id, self.base_domain = self.service.channel_id, self.sbc.base_domain
        super().save(*args, **kwargs)

    @transaction.atomic
    def store(self, actor: Actor) -> None:
        """Make it the service's connection while that is pending; entered twice it is stored once.

        Raises IntegrityError when the host name was just taken.
        """
        if not self.service.lock_pending():
            return
        if former := SipConnection.objects.filter(service=self.service_id).first():
            self.pk, self.created_at, self._state.adding = former.pk, former.created_at, False
            self.base_domain = self.sbc.base_domain
            if all(getattr(self, name) == getattr(former, name) for name in ENTERED):
                return
        self.save()
        journal.write(
            actor,
            "service.sip_connection_set",
            [self.service, self],
            host_name=self.host_name,
            trunk_model=self.trunk_model,
        )

    @property
    def host_name(self) -> str:
        return f"{self.host_label}.{self.base_domain}"
