"""Direct Routing services: pending until an operator completes them, then active."""

from collections.abc import Collection
from typing import Any, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Q

from invitations.models import Invitation
from m365 import validations
from m365.models import AppRegistration, Validation
from portal.core import journal
from portal.core.actors import Actor
from portal.core.addresses import AddressField
from portal.core.clock import now
from portal.core.tenancy import Operator, Row, Scoped
from services import names
from services.license_types import LicenseType
from services.models import status
from services.models.attention import AttentionQuerySet
from services.models.customers import Customer
from services.models.editing import Edited
from services.models.status import Purpose


class ServiceQuerySet(AttentionQuerySet["Service"]):
    def living(self) -> Self:
        return self.exclude(state=Service.State.DELETED)

    def matching(self, text: str) -> Self:
        """Those with this text in one of their names or in their customer's."""
        found = Q(short_name__icontains=text) | Q(full_name__icontains=text)
        return self.filter(found | Q(customer__name__icontains=text)) if text else self.all()

    def pending(self) -> Self:
        return self.filter(state=Service.State.PENDING)

    def with_connection(self) -> Self:
        """With customer, channel, registration, its credential, last and held validation: one query for any list."""
        return self.select_related(
            "customer",
            "channel",
            "app_registration__active_credential",
            "app_registration__last_validation",
            "app_registration__held",
            "invitation",
            "sip_connection",
        )


class Service(Row, Scoped, Edited):
    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        ACTIVE = "active", "Deployed"
        SUSPENDED = "suspended", "Suspended"
        DELETED = "deleted", "Deleted"

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="services")
    app_registration = models.OneToOneField(AppRegistration, on_delete=models.PROTECT, related_name="+")
    # The newest one; none for a service that an operator connected directly.
    invitation = models.ForeignKey(Invitation, on_delete=models.PROTECT, null=True, related_name="+")
    short_name = models.CharField(
        "Unique Short Name of Service", max_length=names.LONGEST, validators=[names.validate_short_name]
    )
    short_key = models.CharField(max_length=300, db_collation="C", editable=False)
    full_name = models.CharField(
        "Full Name of Service", max_length=200, validators=[names.validate_printable]
    )
    license_type = models.CharField("License Type", max_length=20, choices=LicenseType.choices)
    licensed_users = models.PositiveIntegerField(
        "Licensed Users", validators=[MinValueValidator(1), MaxValueValidator(500)]
    )
    m365_contact = AddressField("Microsoft 365 contact", max_length=254, blank=True)
    m365_domain = models.CharField("M365 Domain (Override Admin Domain)", max_length=255, blank=True)
    # As long as it was typed, and not chosen among those that the tenant has verified.
    m365_domain_typed_by = models.ForeignKey(
        Operator, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    activated_at = models.DateTimeField(null=True)
    activated_by = models.ForeignKey(Operator, on_delete=models.PROTECT, null=True, related_name="+")

    objects = ServiceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["short_key"],
                condition=~Q(state="deleted"),
                name="short_name_is_unique",
                violation_error_message="This short name is in use already.",
            ),
            models.CheckConstraint(
                condition=Q(licensed_users__gte=1, licensed_users__lte=500), name="licensed_users_1_to_500"
            ),
        ]
        indexes = [models.Index(fields=["short_key", "id"], name="service_list")]

    def __str__(self) -> str:
        return self.short_name

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        self.short_name = names.normal(self.short_name)  # first: characters are counted in this form
        super().clean_fields(exclude)

    def clean(self) -> None:
        self.short_key = names.key(self.short_name)
        self.full_name = self.full_name or self.short_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.short_name, self.full_name = names.normal(self.short_name), names.normal(self.full_name)
        self.short_key = names.key(self.short_name)
        super().save(*args, **kwargs)

    @property
    def connected(self) -> bool:
        """Whether a validated credential is in use; for operators, *Device Authenticated*."""
        return self.app_registration.active_credential_id is not None

    @property
    def held(self) -> Validation | None:
        """The validation whose tenant an operator must confirm first; None when nothing waits for that."""
        return self.app_registration.held

    @property
    def days_left(self) -> int | None:
        credential = self.app_registration.active_credential
        return credential.days_left if credential else None

    @property
    def status(self) -> tuple[str, str, str]:
        """Deploy status, status, and the reason where there is one, as operators read them."""
        return status.status(self)

    def next_step(self) -> str:
        """The first step of the Onboarding wizard that is not done, by the name of its URL."""
        return status.next_step(self)

    @property
    def begun(self) -> bool:
        """Whether an operator has begun to finish it: the wizard continues behind its registration page."""
        return self.connected and self.next_step() != "onboarding_registration"

    @classmethod
    @transaction.atomic
    def begin(cls, service: "Service", actor: Actor) -> "Service":
        """Store a new pending service with its empty registration.

        Raises ValidationError for an illegal short name and for a license type that is not sold to the customer,
        IntegrityError for a short name that was just taken.
        """
        names.validate_short_name(service.short_name)
        customer = service.customer
        customer.hold_license_type(service.license_type)
        service.channel_id = customer.channel_id
        service.app_registration = AppRegistration.objects.create(
            channel_id=customer.channel_id,
            owner=customer.pk,
            cloud=customer.cloud,
            expected_tenant_id=customer.tenant_id,
        )
        service.save()
        journal.write(
            actor,
            "service.begun",
            [service, customer, service.app_registration],
            short_name=service.short_name,
            license_type=service.license_type,
            licensed_users=service.licensed_users,
        )
        return service

    @transaction.atomic
    def invite(self, email: str, actor: Actor) -> Invitation:
        """Mail the customer's administrator a link; they are the contact, too, unless another one is recorded.

        Raises IntegrityError while another invitation is unanswered.
        """
        self.m365_contact = self.m365_contact or email
        self.invitation = Invitation.send(
            self.app_registration,
            email,
            actor,
            customer_name=self.customer.name,
            service_name=self.full_name,
        )
        self.save(update_fields=["m365_contact", "invitation"])
        return self.invitation

    @transaction.atomic
    def validate_again(self, actor: Actor, purpose: str = Purpose.PORTAL) -> Validation:
        """Queue a live validation of the credential in use, or give the one that is under way already.

        Raises ValueError when nothing is connected yet.
        """
        registration = self._locked_registration()
        under_way = registration.validations.filter(
            verdict=Validation.Verdict.RUNNING, credential=registration.active_credential
        )
        return under_way.first() or validations.submit_again(registration, purpose, actor)

    @transaction.atomic
    def invite_again(self, email: str, actor: Actor, version: int | None = None) -> bool:
        """A new link to this address, or the first one; False once it is connected, held, created or deleted.

        `version` is that of the link which the operator saw, 0 without one: False, too, when there is a newer one.
        """
        registration = self._locked_registration()
        # Read behind the lock, which whoever connects, creates, deletes or invites it holds, too.
        self.refresh_from_db(fields=["state", "invitation", "m365_contact"])
        if registration.active_credential_id or registration.held_id or self.state != self.State.PENDING:
            return False
        if version is not None and version != (self.invitation.version if self.invitation else 0):
            return False
        if self.invitation is None:
            return bool(self.invite(email, actor))
        former = self.invitation.email
        named: dict[str, Any] = {"customer_name": self.customer.name, "service_name": self.full_name}
        if not self.invitation.resend(email, actor, **named):
            return False
        if self.m365_contact == former != email:
            self.m365_contact = email
            self.save(update_fields=["m365_contact"])
        return True

    @transaction.atomic
    def choose_domain(self, domain: str, actor: Actor, *, typed: bool = False) -> None:
        """Keep the tenant's administrative domain, and who typed it; the same once more changes nothing."""
        typed_by = actor.operator if typed else None
        same = Q(m365_domain=domain, m365_domain_typed_by__isnull=typed_by is None)
        others = Service.objects.pending().filter(pk=self.pk).exclude(same)
        if others.update(m365_domain=domain, m365_domain_typed_by=typed_by):
            about = [self, self.app_registration]
            journal.write(actor, "service.m365_domain_set", about, m365_domain=domain, typed=typed)
        self.refresh_from_db(fields=["m365_domain", "m365_domain_typed_by"])

    def lock_pending(self) -> bool:
        """Inside a transaction: whether it is pending, and stays so until the end of that transaction."""
        self._locked_registration()
        return Service.objects.pending().filter(pk=self.pk).exists()

    def _locked_registration(self) -> AppRegistration:
        """Before the service's own row is touched, in the order of a settling validation: no deadlock."""
        return AppRegistration.objects.lock(self.app_registration_id)

    @transaction.atomic
    def activate(self, actor: Actor) -> bool:
        """Create the service for good; False when it was not pending any more: exactly one wins."""
        # No joined condition in the UPDATE: PostgreSQL would not look at it again after waiting for the row.
        registration = self._locked_registration()
        mine = Service.objects.filter(pk=self.pk, state=self.State.PENDING)
        won = registration.active_credential_id is not None and bool(
            mine.update(state=self.State.ACTIVE, activated_at=now(), activated_by=actor.operator)
        )
        self.refresh_from_db()
        if not won:
            return False
        AppRegistration.objects.filter(pk=self.app_registration_id).update(monitored=True)
        if self.invitation:
            self.invitation.complete()
        journal.write(actor, "service.activated", [self, self.customer, self.app_registration])
        return True

    @transaction.atomic
    def delete_pending(self, actor: Actor) -> bool:
        """Free the short name, kill the link, wipe the credentials; False when it is not pending any more."""
        registration = self._locked_registration()
        mine = Service.objects.filter(pk=self.pk, state=self.State.PENDING)
        if not mine.update(state=self.State.DELETED):
            return False
        self.refresh_from_db()
        if self.invitation:
            self.invitation.cancel(actor)
        registration.disconnect()
        if hasattr(self, "sip_connection"):
            self.sip_connection.delete()
        journal.write(
            actor, "service.deleted", [self, self.customer, registration], short_name=self.short_name
        )
        return True
