"""By whom old validations were asked for, where that names an address."""

from datetime import datetime

from m365.models import Validation
from portal.core.actors import ActorKind
from portal.core.retention import BATCH, HOLDER


def validations(before: datetime) -> int:
    named = Validation.objects.filter(actor_kind=ActorKind.LINK_HOLDER).exclude(actor_label=HOLDER)
    old = named.filter(created_at__lt=before, next_try_at=None).values("pk")[:BATCH]
    return Validation.objects.filter(pk__in=old).update(actor_label=HOLDER)
