"""Microsoft stays silent for fifty customers at once: mail leaves and pages answer all the same."""

import uuid

from m365 import validations
from m365.models import AppRegistration, Validation
from portal.core.actors import PORTAL
from portal.core.secrets import Secret
from portal.processes import WORKER_SLOTS
from tests.conftest import IDA, make_service
from tests.processes import answers

HANGING = 50
# Shorter than the time that the portal waits for an answer: afterwards all of them end well.
SILENCE = 12  # seconds


def test_fifty_hanging_validations_stop_neither_mail_nor_pages(site, mailbox, entra, channel, customer, olga):
    app = entra.add_tenant(name="Brightwater Dental Group Ltd").add_application()
    secret, tenant = Secret(app.add_secret(ends_in_days=300).value), app.tenant.id
    entra.fault(None, "token", "slow", seconds=SILENCE)
    owner = uuid.uuid4()
    for _ in range(HANGING):
        registration = AppRegistration.objects.create(channel=channel, owner=owner)
        ids = {"tenant_id": uuid.UUID(tenant), "client_id": uuid.UUID(app.client_id)}
        validations.submit(registration, "test", PORTAL, secret=secret, **ids)
    worker = site.workers["microsoft"]
    worker.wait_until(lambda: entra.counters["token", tenant] == WORKER_SLOTS["microsoft"])

    make_service(customer, olga, "brightwater")
    mail = mailbox.wait_for(lambda mail: IDA in mail.to)
    page = answers("/sign-in/")

    hanging = Validation.objects.filter(verdict=Validation.Verdict.RUNNING).count()
    entra.reset()
    assert (mail.to, page, hanging) == ([IDA], True, HANGING)
