"""A secret nears its end: the Microsoft 365 contact is asked for a new one, or operators are told that nobody can."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import Enum

from django.db import transaction
from django.urls import reverse

from invitations import renewals
from invitations.models.purposes import RENEWAL_LIFETIME
from m365.models import Credential
from portal.core.clock import now
from portal.core.notices import Notice
from portal.core.roles import Action
from portal.core.tenancy import Operator
from services.models import Service

# The next mail is not sent at the very moment of the next crossing, but in the night after it.
UNTIL_THE_NIGHT_AFTER = timedelta(days=1)


class Asked(Enum):
    SENT = "a link was mailed"
    WAITING = "asked before, or an answer is on its way"
    NOBODY = "no Microsoft 365 contact is recorded"


@transaction.atomic
def ask_customer(service: Service, threshold: int, thresholds: Iterable[int]) -> Asked:
    """Ask for the renewal of the secret in use, once for each credential and threshold crossed, in days.

    `thresholds` are all those of the customer: the link lives until the night after the next one, 30 days at most.
    """
    credential, operator = service.app_registration.active_credential, responsible(service)
    if credential is None or operator is None:
        return Asked.WAITING
    if not service.m365_contact:
        _tell_that_nobody_can_be_asked(service, credential, threshold)
        return Asked.NOBODY
    invitation = renewals.ask(
        service.app_registration,
        service.m365_contact,
        operator,
        threshold=threshold,
        ends=_life_of_link(credential, [days for days in thresholds if days < threshold]),
        customer_name=service.customer.name,
        service_name=service.full_name,
    )
    if invitation is None:
        return Asked.WAITING
    service.invitation = invitation
    service.save(update_fields=["invitation"])
    return Asked.SENT


def _life_of_link(credential: Credential, coming: list[int]) -> datetime:
    longest = now() + RENEWAL_LIFETIME
    if credential.earliest_end is None or not coming:
        return longest
    crossing: datetime = credential.earliest_end - timedelta(days=max(coming))
    return min(longest, max(crossing, now()) + UNTIL_THE_NIGHT_AFTER)


def responsible(service: Service) -> Operator | None:
    """Who is told what becomes of it: whoever created the service, else whoever invited."""
    return service.activated_by or (service.invitation.invited_by if service.invitation else None)


def _tell_that_nobody_can_be_asked(service: Service, credential: Credential, threshold: int) -> None:
    text = (
        f"The client secret of {service.short_name} ({service.customer.name}) nears its end, and nobody can be "
        "asked to renew it: no Microsoft 365 contact is recorded."
    )
    where = reverse("services:edit_service", args=[service.pk])
    for operator in Operator.objects.who_may(Action.CONNECT, service.channel_id):
        key = f"renewal/{credential.pk}/{threshold}/nobody/{operator.pk}"
        Notice.tell(operator, text, where, key=key)
