"""Who does something: a signed-in operator, the holder of an emailed link, or the portal itself."""

from dataclasses import dataclass
from typing import Any, Self

from django.db import models
from django.http import HttpRequest

from portal.core.limits import address
from portal.core.tenancy import Operator


class ActorKind(models.TextChoices):
    OPERATOR = "operator", "operator"
    LINK_HOLDER = "link", "holder of an emailed link"
    PORTAL = "portal", "the portal"


@dataclass(frozen=True)
class Actor:
    kind: str
    label: str
    operator: Operator | None = None
    source: str = ""  # the address the request came from

    def columns(self) -> dict[str, Any]:
        """For a new row that remembers who asked for it."""
        return {"actor_kind": self.kind, "actor_operator": self.operator, "actor_label": self.label}

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        """The signed-in operator of a request behind sign-in. Raises TypeError for anybody else."""
        if not isinstance(request.user, Operator):
            raise TypeError("nobody is signed in")
        return cls(ActorKind.OPERATOR, request.user.name, request.user, address(request))

    @classmethod
    def holding_link(cls, request: HttpRequest, email: str) -> Self:
        """The signed-in operator if there is one, else whoever holds the link sent to `email`."""
        if request.user.is_authenticated:
            return cls.of(request)
        source = address(request)
        return cls(ActorKind.LINK_HOLDER, f"holder of the link sent to {email}", None, source)


PORTAL = Actor(ActorKind.PORTAL, "the portal")


class ActedRow(models.Model):
    """A row that remembers who asked for it."""

    actor_kind = models.CharField(max_length=10, choices=ActorKind.choices, default=ActorKind.PORTAL)
    actor_operator = models.ForeignKey(Operator, on_delete=models.PROTECT, null=True, related_name="+")
    actor_label = models.CharField(max_length=400, default=PORTAL.label)
    request_id = models.CharField(max_length=40, blank=True)

    class Meta:
        abstract = True

    @property
    def actor(self) -> Actor:
        return Actor(self.actor_kind, self.actor_label, self.actor_operator)

    @actor.setter
    def actor(self, actor: Actor) -> None:
        for name, value in actor.columns().items():
            setattr(self, name, value)
