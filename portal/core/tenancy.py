"""Operators, channels, and the one way in which rows are limited to whom they belong."""

import uuid
from functools import cached_property
from typing import Self, TypeVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.auth.password_validation import validate_password
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.http import HttpRequest

from portal.core.addresses import AddressField
from portal.core.logos import Logo
from portal.core.roles import ALLOWED, OF_THE_PROVIDER, Action, Role
from portal.core.standings import Standing

ScopedRow = TypeVar("ScopedRow", bound="Scoped")


class Row(models.Model):
    """A row whose UUID exists before it is stored, so that it can be sealed for, signed and journalled."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class ChannelManager(models.Manager["Channel"]):
    def locked(self, pk: uuid.UUID) -> "Channel":
        """Until the transaction ends: what counts a channel's rows, and what adds to them, come one after the other."""
        return self.select_for_update(no_key=True).get(pk=pk)

    def allowed(self, operator: "Operator", action: Action) -> "models.QuerySet[Channel]":
        """Those in which this operator may do it."""
        channels = {channel for channel, role in operator.roles.items() if role in ALLOWED[action]}
        return self.all() if None in channels else self.filter(pk__in=filter(None, channels))


class Channel(Row):
    """A reseller, or the provider itself; owns customers."""

    name = models.CharField(max_length=200, unique=True)
    # So many customers it may have; empty: as many as it likes.
    most_customers = models.PositiveIntegerField(null=True, blank=True)
    # What it may sell, by the values of the services' LicenseType; empty: all there are.
    license_types: "ArrayField[list[str] | None, list[str] | None]" = ArrayField(
        models.CharField(max_length=20), null=True, blank=True
    )
    # Days before the end of a secret at which to warn, the largest first; empty: the installation's.
    warn_days: "ArrayField[list[int] | None, list[int] | None]" = ArrayField(
        models.PositiveSmallIntegerField(), null=True, blank=True
    )

    # How it appears in mails and to invitees (brands.py); what is empty is the provider's.
    brand_name = models.CharField(max_length=100, blank=True, db_default="")
    brand_email = AddressField(max_length=254, blank=True, db_default="")
    brand_phone = models.CharField(max_length=50, blank=True, db_default="")
    reply_to = AddressField(max_length=254, blank=True, db_default="")
    accent = models.CharField(max_length=7, blank=True, db_default="")  # "#rrggbb"
    # Without an index: there are few channels.
    logo = models.ForeignKey(
        Logo, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )

    objects = ChannelManager()

    def __str__(self) -> str:
        return self.name


class OperatorQuerySet(models.QuerySet["Operator"]):
    def managed_by(self, admin: "Operator") -> Self:
        """Those with a role in a channel where this admin gives roles; a provider's admin sees all."""
        if None in admin.manages:
            return self
        return self.filter(pk__in=Membership.objects.visible_to(admin).values("operator"))

    def with_roles_for(self, admin: "Operator") -> Self:
        """With the roles that this admin may see, as `roles_shown`."""
        seen = Membership.objects.visible_to(admin)
        return self.prefetch_related(models.Prefetch("memberships", seen, to_attr="roles_shown"))


class OperatorManager(BaseUserManager["Operator"]):
    def create_operator(self, email: str, name: str, password: str) -> "Operator":
        """Raises ValidationError when the password is too weak."""
        operator = Operator(email=email.strip().lower(), name=name)
        validate_password(password, operator)
        operator.set_password(password)
        operator.save()
        return operator

    def who_may(self, action: Action, channel_id: uuid.UUID) -> "models.QuerySet[Operator]":
        """Those at work who may do it in that channel."""
        there = models.Q(memberships__channel=channel_id) | models.Q(memberships__channel=None)
        able = self.filter(there, memberships__role__in=ALLOWED[action], is_active=True)
        return able.order_by("email").distinct()


class Operator(Row, AbstractBaseUser):
    """A portal user of the provider or of a channel; what they may do stands in their memberships."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    time_zone = models.CharField(max_length=50, blank=True)
    is_active = models.BooleanField(default=True)
    # Since when they have a second factor; without one they reach nothing but the pages that set one up.
    second_factor_since = models.DateTimeField(null=True, blank=True)
    # Which of several roles this request is made in, by `Standing.key`; empty: in all of them.
    acts_in = ""
    nightly_digest = models.BooleanField("Mail after each night", default=True, db_default=True)

    objects = OperatorManager.from_queryset(OperatorQuerySet)()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def standings(self) -> list[Standing]:
        """Each membership, with what every page asks of it: one query a request."""
        unread = models.FilteredRelation(
            "operator__notices", condition=models.Q(operator__notices__read_at=None)
        )
        mine = Membership.objects.filter(operator=self).annotate(unread=unread)
        columns = ("channel_id", "channel__name", "channel__logo", "role", "count")
        counted = mine.annotate(count=models.Count("unread")).order_by("channel__name")
        return [Standing(*row) for row in counted.values_list(*columns)]

    @cached_property
    def roles(self) -> dict[uuid.UUID | None, str]:
        """Role by channel id; None stands for the provider as a whole. The chosen one alone, when one is chosen."""
        held = {standing.channel_id: standing.role for standing in self.standings}
        chosen = [one.channel_id for one in self.standings if one.key == self.acts_in]
        return {channel: held[channel] for channel in chosen} or held

    @property
    def unread_notices(self) -> int:
        """How many notices they have not read yet."""
        return max((standing.unread for standing in self.standings), default=0)

    def may(self, action: Action, channel_id: uuid.UUID | None = None) -> bool:
        """Whether they may do it in that channel; without one, in any channel at all."""
        if action in OF_THE_PROVIDER:
            return self.roles.get(None) in ALLOWED[action]
        held = self.roles.values() if channel_id is None else self._roles_in(channel_id)
        return any(role in ALLOWED[action] for role in held)

    def _roles_in(self, channel_id: uuid.UUID) -> list[str]:
        return [role for channel, role in self.roles.items() if channel in (None, channel_id)]

    @property
    def manages(self) -> set[uuid.UUID | None]:
        """The channels in which they give roles; None among them stands for all of them and the provider."""
        return {channel for channel, role in self.roles.items() if role in ALLOWED[Action.MANAGE_OPERATORS]}

    @property
    def logo_id(self) -> str | None:
        """Of the channel that they work for, when it is one alone."""
        logos = [one.logo_id for one in self.standings if one.channel_id in self.roles]
        return logos[0] if len(logos) == 1 else None

    def may_manage_all_of(self, other: "Operator") -> bool:
        """Whether every role of another operator lies in channels where they give roles."""
        held = set(other.memberships.values_list("channel_id", flat=True))
        return None in self.manages or held <= self.manages

    @property
    def role_label(self) -> str:
        labels = sorted({Role(role).label for role in self.roles.values()})
        return f"{', '.join(labels)}, all channels" if None in self.roles else ", ".join(labels)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def visible_to(self, admin: Operator) -> Self:
        """The roles that this admin may give and take."""
        found = self.select_related("channel").order_by("channel__name")
        return found if None in admin.manages else found.filter(channel__in=admin.manages)


class Membership(Row):
    """One role of one operator, in one channel or, without channel, for the provider as a whole."""

    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="memberships")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    role = models.CharField(max_length=20, choices=Role.choices)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "channel"], nulls_distinct=False, name="one_role_per_channel"
            )
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.operator_id}"


class ScopedQuerySet(models.QuerySet[ScopedRow]):
    """Rows that belong to a channel."""

    def managed_by(self, operator: Operator) -> Self:
        """Those that this operator may see; everybody else's do not exist for them."""
        return self.allowed(operator, Action.SEE)

    def allowed(self, operator: Operator, action: Action) -> Self:
        """Those in channels where this operator may do it."""
        channels = {channel for channel, role in operator.roles.items() if role in ALLOWED[action]}
        return self.all() if None in channels else self.filter(channel__in=channels)


class Scoped(models.Model):
    """A row that belongs to a channel; `Model.objects.managed_by(operator)` is the one way to it."""

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True


class OperatorRequest(HttpRequest):
    """A request behind sign-in."""

    user: Operator  # LoginRequiredMiddleware lets nobody else through
