"""Whole nights in real processes: connections of every fate, workers and beats to kill, and what a night leaves."""

from collections import Counter
from dataclasses import dataclass

from m365.models import AppRegistration, CheckItem, Credential, NightlyRun, RunTally
from portal import processes
from portal.core.journal import JournalEntry
from portal.core.notices import Notice
from portal.core.outbox import OutboxMail
from portal.core.roles import Role
from portal.core.sealing import seal_into
from portal.core.secrets import Secret
from portal.core.tenancy import Channel, Operator
from services.digests import DIGEST
from services.models import ConnectionWarning, Customer, RunFollowUp, Service
from tests.conftest import actor_for, make_operator, make_service
from tests.mailing import SHORT as SHORT_MAIL
from tests.many import many
from tests.services.conftest import connect_live

# Seconds. A lease outlasts every check here, because Microsoft answers at once or is given up after one.
SHORT = SHORT_MAIL | {
    "M365_CHECK_LEASE_SECONDS": "3",
    "M365_READ_TIMEOUT_SECONDS": "1",
    "NIGHTLY_PAUSE_SECONDS": "0.2",
    "NIGHTLY_SECOND_LOOK_SECONDS": "1",
    "NIGHTLY_AT": "00:00",
}
REJECTED, THROTTLED, GARBAGE, SOON, MOST = range(5)


def fate(number):
    """What becomes of a connection: of ten, four have trouble of their own kind."""
    return min(number % 10, MOST)


@dataclass
class Fleet:
    """The operator who acts for the services, and their applications with the secrets they had."""

    olga: Operator
    applications: list

    def __post_init__(self):
        self._secrets = [list(app.secrets) for app in self.applications]

    def lose_secrets(self):
        for app in self.applications:
            app.secrets.clear()

    def find_them_again(self):
        for app, secrets in zip(self.applications, self._secrets, strict=True):
            app.secrets[:] = secrets


def fleet(entra, size, *, calm=False):
    """So many active services, each in a tenant of its own, all of the same long life if `calm`."""
    channel = Channel.objects.create(name="Nordhafen Direct")
    olga = make_operator("olga@nordhafen.example", channel, Role.ADMIN)
    customer = Customer.objects.create(channel=channel, name="Brightwater Dental Group")
    first = make_service(customer, olga, "first", invite=None)
    app = entra.add_tenant(name="First Ltd").add_application(name="Voice")
    connect_live(first, app, app.add_secret(ends_in_days=300), olga)
    first.activate(actor_for(olga))
    services = many(Service.objects.with_connection().get(pk=first.pk), size - 1)
    applications = [app]
    for number, service in enumerate(services):
        applications.append(_settle_in(entra, service, MOST if calm else fate(number), number))
    registrations = [service.app_registration for service in services]
    AppRegistration.objects.bulk_update(registrations, ["tenant_id", "client_id"])
    credentials = [registration.active_credential for registration in registrations]
    Credential.objects.bulk_update(credentials, ["sealed_secret", "hint"])
    OutboxMail.objects.all().delete()
    return Fleet(olga, applications)


def _settle_in(entra, service, kind, number):
    app = entra.add_tenant(name=f"Number {number} Ltd").add_application(name="Voice")
    secret = app.add_secret(name="portal", ends_in_days=20.5 if kind == SOON else 300)
    registration = service.app_registration
    registration.tenant_id, registration.client_id = app.tenant.id, app.client_id
    credential = registration.active_credential
    seal_into(credential, "sealed_secret", Secret(secret.value))
    credential.hint = secret.value[:3]
    if kind == REJECTED:
        app.secrets.clear()
    elif kind == THROTTLED:
        entra.fault(app.tenant.id, "token", "429", retry_after="1", times=1)
    elif kind == GARBAGE:
        entra.fault(app.tenant.id, "applications", "truncated")
    return app


def is_over():
    """Whether the newest run is finished, followed up, and its mails have left."""
    run = NightlyRun.objects.order_by("-date").first()
    return (
        run is not None
        and run.finished_at is not None
        and RunFollowUp.objects.filter(run=run, next_try_at=None).exists()
        and not OutboxMail.objects.filter(next_try_at__isnull=False).exists()
    )


def result():
    """All that a night leaves, by what people call it; of rows that must be there once, how often they are."""
    items = CheckItem.objects.select_related("registration")
    names = dict(Service.objects.values_list("app_registration_id", "short_name"))
    changes = JournalEntry.objects.filter(verb="m365.state_changed").values_list("about", flat=True)
    return {
        "runs": NightlyRun.objects.count(),
        "items": {names[item.registration_id]: (item.get_state_display(), item.cause_name) for item in items},
        "states": {
            names[row.pk]: (row.get_state_display(), row.state_cause) for row in AppRegistration.objects.all()
        },
        "tallies": {
            (tally.get_state_display(), tally.cause_name): tally.count for tally in RunTally.objects.all()
        },
        "warnings": Counter(
            ConnectionWarning.objects.values_list("service__short_name", "kind", "threshold", "superseded")
        ),
        "changes": Counter(names[pk] for about in changes for pk in about if pk in names),
        "digests": Counter(OutboxMail.objects.filter(kind=DIGEST).values_list("recipient", "state")),
        "notices": Notice.objects.count(),
    }


class Nightroom:
    """Starts the processes of a night, and kills them."""

    def __init__(self, start_process, folder):
        self._start, self._folder, self._number = start_process, folder, 0

    def worker(self, queue, slots, **variables):
        self._number += 1
        name = f"{queue}{self._number}@nightroom"
        argv = [*processes.worker(queue, slots), "-n", name]
        return self._start(name, argv, **(SHORT | {"NIGHTLY_SLOTS": "8"} | variables))

    def beat(self, **variables):
        self._number += 1
        name = f"beat{self._number}"
        return self._start(
            name, processes.beat(self._folder / name), **(SHORT | {"NIGHTLY_SLOTS": "8"} | variables)
        )
