"""A service as it is long after its onboarding: created, connected to the simulator, its contact known."""

from tests.conftest import IDA, make_service
from tests.services.conftest import connect_live


def deployed(customer, operator, entra, *, ends_in_days=13.5, short_name="moewe", contact=IDA):
    """The service and its application in the simulator; created by this operator, its secret ends soon."""
    from services.models import Service

    service = make_service(customer, operator, short_name, invite=None, m365_contact=contact)
    app = entra.add_tenant(name="Möwe Reederei AG").add_application(name="Voice")
    connect_live(service, app, app.add_secret(name="portal 2026", ends_in_days=ends_in_days), operator)
    Service.objects.filter(pk=service.pk).update(state="active", activated_by=operator)
    return Service.objects.with_connection().get(pk=service.pk), app
