"""A service half entered: what the operator typed, before there is a service."""

from collections.abc import Mapping
from typing import Any

from django.db import models, transaction

from portal.core.tenancy import Operator, Row
from services.models.customers import Customer

# The tenant form's fields that a draft keeps; the secret is not among them.
KEPT = (
    "full_name",
    "short_name",
    "license_type",
    "licensed_users",
    "email",
    "tenant_id",
    "client_id",
    "m365_contact",
)
LONGEST_KEPT = 500


class OnboardingDraft(Row):
    """One per operator; once the service exists its own row, with this id, is the draft, for every operator.

    Selecting another customer makes a new draft: a form that is still open for the former customer then finds
    its draft gone, in place of making a service for the wrong one.
    """

    operator = models.OneToOneField(Operator, on_delete=models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    values = models.JSONField(default=dict)  # the tenant form's own fields, never a secret
    updated_at = models.DateTimeField(auto_now=True)

    @classmethod
    def of(cls, operator: Operator) -> "OnboardingDraft | None":
        """The operator's draft, unless its customer is no longer theirs."""
        mine = cls.objects.filter(operator=operator, customer__in=Customer.objects.managed_by(operator))
        return mine.select_related("customer__channel").first()

    @classmethod
    @transaction.atomic
    def choose(cls, operator: Operator, customer: Customer) -> "OnboardingDraft":
        """Select the customer; what was typed so far stays, what came from the former customer's record does not."""
        Operator.objects.select_for_update().get(pk=operator.pk)
        former = cls.objects.filter(operator=operator).first()
        if former and former.customer_id == customer.pk:
            return former
        if former:
            former.delete()
        values = former._typed() if former else {}
        return cls.objects.create(operator=operator, customer=customer, values=values)

    @property
    def recorded(self) -> dict[str, str]:
        """What the form proposes from the customer's record."""
        tenant_id = self.customer.tenant_id
        return {"tenant_id": str(tenant_id) if tenant_id else "", "email": self.customer.contact_email}

    def _typed(self) -> dict[str, Any]:
        """The values without those that only repeat the record: another customer's link must not be mailed there."""
        recorded = self.recorded
        return {name: value for name, value in self.values.items() if value != recorded.get(name)}

    def keep(self, typed: Mapping[str, str]) -> None:
        """Remember what was typed, right or wrong."""
        # PostgreSQL's JSON has no NUL.
        self.values = {name: typed.get(name, "")[:LONGEST_KEPT].replace("\0", "") for name in KEPT}
        self.values["send_link"] = "send_link" in typed
        self.save(update_fields=["values", "updated_at"])
