"""A secret that the portal renewed itself: both sides are told. One that it could not renew: the customer is asked."""

import zoneinfo

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from invitations import renewals
from m365.models import Rotation, Validation
from m365.permissions import RENEWAL
from portal.core import brands, outbox
from portal.core.actors import PORTAL
from portal.core.clock import now
from portal.core.letters import Letter, written
from portal.core.moments import spelled_out
from portal.core.notices import Notice
from portal.core.outbox import OutboxMail
from portal.core.roles import Action
from portal.core.tenancy import Operator
from services import thresholds
from services.models import Service
from services.renewal_links import ask_customer, responsible

TO_CUSTOMER, TO_OPERATOR = "services.secret_rotated", "services.secret_rotated_told"


def accept(validation: Validation) -> bool:
    """The receiver for a new secret that works: a link that asks for one dies, and both sides are told.

    A deleted service gets none.
    """
    service = _service_of(validation)
    if service is None:
        return False
    renewals.withdraw(validation.registration, PORTAL)
    _tell_operators(service, f"rotated/{validation.pk}", _sentence(service))
    if service.m365_contact:
        key = f"rotated/{validation.pk}"
        outbox.post(TO_CUSTOMER, validation.pk, service.m365_contact, key=key, actor=PORTAL)
    if operator := responsible(service):
        key = f"rotated/{validation.pk}/operator"
        outbox.post(TO_OPERATOR, validation.pk, operator.email, key=key, actor=PORTAL)
    return True


def failed(rotation: Rotation) -> None:
    """It could not: operators read why, and the customer is asked as if the portal had never been let to try."""
    service = (
        Service.objects.living().with_connection().filter(app_registration=rotation.registration).first()
    )
    ends = rotation.replaces.earliest_end
    if service is None or ends is None:
        return
    why = rotation.cause.operator if rotation.cause else ""
    text = f"The portal could not renew the client secret of {service.short_name} ({service.customer.name}) itself. "
    _tell_operators(service, f"rotation/{rotation.pk}/failed", f"{text}{why}".strip())
    days = thresholds.of(service.customer, service.channel)
    if crossed := thresholds.crossed(days, ends - now()):
        ask_customer(service, crossed[0], days)


def render_to_customer(mail: OutboxMail) -> Letter | None:
    """To the Microsoft 365 contact: what was changed in their tenant, and how to forbid it from now on."""
    return _letter(mail, None)


def render_to_operator(mail: OutboxMail) -> Letter | None:
    """To whoever looks after the service, as long as they may see it."""
    operator = Operator.objects.filter(email=mail.recipient, is_active=True).first()
    return _letter(mail, operator) if operator else None


def _letter(mail: OutboxMail, operator: Operator | None) -> Letter | None:
    rotation = Rotation.objects.to_work_at().filter(validation=mail.object_id).first()
    service = _service_of(rotation.validation) if rotation and rotation.validation else None
    if rotation is None or service is None or rotation.made is None or rotation.validation is None:
        return None
    if operator and not operator.may(Action.SEE, service.channel_id):
        return None
    zone = zoneinfo.ZoneInfo(operator.time_zone) if operator and operator.time_zone else None
    with timezone.override(zone):
        return _rendered(service, rotation, operator, rotation.validation)


def _rendered(
    service: Service, rotation: Rotation, operator: Operator | None, validation: Validation
) -> Letter:
    ends, at = rotation.made.not_after if rotation.made else None, validation.finished_at
    registration = rotation.registration
    return written(
        "rotated",
        brands.of(service.channel),
        operator_name=operator.name if operator else "",
        customer_name=service.customer.name,
        service_name=service.full_name,
        app_name=registration.app_name,
        client_id=registration.client_id,
        tenant_name=registration.tenant_name,
        new_name=rotation.name_in_entra,
        former_name=rotation.replaces.display_name,
        permission=RENEWAL,
        renewed_at=spelled_out(at) if at else "",
        secret_ends=spelled_out(ends) if ends else "",
        link=settings.PUBLIC_URL + _place(service),
    )


def _service_of(validation: Validation) -> Service | None:
    living = Service.objects.living().with_connection()
    return living.filter(app_registration=validation.registration_id).first()


def _sentence(service: Service) -> str:
    return f"The portal has renewed the client secret of {service.short_name} ({service.customer.name})."


def _tell_operators(service: Service, key: str, text: str) -> None:
    for operator in Operator.objects.who_may(Action.CONNECT, service.channel_id):
        Notice.tell(operator, text, _place(service), key=f"{key}/{operator.pk}")


def _place(service: Service) -> str:
    return reverse("services:m365_configuration", args=[service.pk])
