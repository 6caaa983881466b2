"""What a finished nightly run means: which secrets must be renewed, which connections nobody reached, who is told.

All of a run in one transaction, led by the settling of its follow-up: it happens once, whoever else tries.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q

from m365 import rotation
from m365.models import NightlyRun
from m365.models.registrations import UNCHECKED_AFTER
from portal.core import journal
from portal.core.actors import PORTAL
from portal.core.clock import now
from portal.core.logs import new_request_id, working_on
from services import digests, thresholds
from services.models import ConnectionWarning, RunFollowUp, Service
from services.renewal_links import ask_customer

# So many services are looked at together; memory stays flat however many there are.
CHUNK = 500


@transaction.atomic
def follow_up(finished: RunFollowUp) -> None:
    """Do one leased follow-up; nothing when somebody else holds it by now."""
    with working_on(new_request_id()):
        if not finished.settle(done_at=now()):
            return
        ConnectionWarning.objects.close_ended()
        ConnectionWarning.objects.take_back_disproved()
        for services in _chunks(_ending()):
            warn_of_ends(services, finished.run)
        for services in _chunks(_unchecked()):
            warn_of_unchecked(services, finished.run)
        digests.post(finished.run)


def _ending() -> Iterator[Service]:
    """Active services whose secret in use ends within their largest threshold, or has ended."""
    near = Service.objects.filter(
        state=Service.State.ACTIVE, app_registration__secret_ends_at__lt=thresholds.soon()
    )
    return near.exclude(app_registration__active_credential=None).with_connection().iterator(CHUNK)


def _unchecked() -> Iterator[Service]:
    """Active services that nobody could check for 36 hours, and of which nobody was told."""
    at = "app_registration__checked_at"
    stale = Q(**{at: None}) | Q(**{f"{at}__lte": now() - UNCHECKED_AFTER})
    told = ConnectionWarning.objects.open().filter(
        kind=ConnectionWarning.Kind.UNCHECKED, service=OuterRef("pk")
    )
    found = Service.objects.filter(stale, state=Service.State.ACTIVE).exclude(Exists(told))
    return found.exclude(app_registration__active_credential=None).with_connection().iterator(CHUNK)


def _chunks(services: Iterator[Service]) -> Iterator[list[Service]]:
    while chunk := list(islice(services, CHUNK)):
        yield chunk


def warn_of_ends(services: Iterable[Service], run: NightlyRun) -> None:
    """Note each threshold that was crossed and not noted before; only the most urgent one is told of."""
    by_credential = {service.app_registration.active_credential: service for service in services}
    noted = set(
        ConnectionWarning.objects.filter(
            kind=ConnectionWarning.Kind.ENDING, credential__in=by_credential
        ).values_list("credential_id", "threshold")
    )
    found = []
    for credential, service in by_credential.items():
        if credential is None or credential.earliest_end is None:
            continue
        crossed = thresholds.crossed(
            thresholds.of(service.customer, service.channel), credential.earliest_end - now()
        )
        found += [
            _warning(
                service,
                run,
                kind=ConnectionWarning.Kind.ENDING,
                threshold=days,
                superseded=days != crossed[0],
            )
            for days in crossed
            if (credential.pk, days) not in noted
        ]
    for warning in ConnectionWarning.objects.bulk_create(found):
        if not warning.superseded:
            need_renewal(warning)


def warn_of_unchecked(services: Iterable[Service], run: NightlyRun) -> None:
    """Note each of them; the next note comes only after it was checked in between."""
    found = [_warning(service, run, kind=ConnectionWarning.Kind.UNCHECKED) for service in services]
    for warning in ConnectionWarning.objects.bulk_create(found):
        last = warning.service.app_registration.checked_at
        journal.write(PORTAL, "connection.not_checked", _about(warning), last_checked_at=last)


def _warning(service: Service, run: NightlyRun, **values: Any) -> ConnectionWarning:
    credential = service.app_registration.active_credential
    return ConnectionWarning(
        service=service, channel_id=service.channel_id, credential=credential, run=run, **values
    )


def need_renewal(warning: ConnectionWarning) -> None:
    """A secret must be renewed: the one place that every crossing passes, once, inside the follow-up's transaction.

    Where the customer lets it, the portal renews it itself; else they are asked for a new one, by a link that works
    without any operator.
    """
    if warning.threshold is None:
        raise ValueError("no threshold was crossed")
    ends = warning.credential.earliest_end
    journal.write(PORTAL, "secret.renewal_needed", _about(warning), threshold=warning.threshold, ends=ends)
    service = warning.service
    if not rotation.begin(service.app_registration):
        ask_customer(service, warning.threshold, thresholds.of(service.customer, service.channel))


def _about(warning: ConnectionWarning) -> list[models.Model]:
    service = warning.service
    return [service, service.customer, service.app_registration, warning.credential, warning.run]
