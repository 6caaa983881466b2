"""The part of the world that a night makes, and what the portal renews after it."""

from datetime import timedelta

from portal.core.clock import now
from portal.core.tasks import drain_mail
from services.models import Service
from tests.conftest import actor_for, make_service
from tests.rotation import proceed
from tests.services.conftest import connect_live
from tests.services.nights import the_night_passes


def sleep(world, olga, customer, simulator):
    """A night over four connections: one is well, one is asked for, one the portal renews itself, one is broken."""
    for name, days in (
        ("kestrel-well", 300),
        ("kestrel-soon", 25.5),
        ("kestrel-self", 25.5),
        ("kestrel-lost", 200),
    ):
        app = simulator.add_tenant(name=f"{name} Ltd").add_application(name="Voice")
        service = make_service(customer, olga, name, full_name=f"{customer.name}, {name}", invite=None)
        secret = app.add_secret(name="portal", ends_in_days=days)
        if name == "kestrel-self":
            secret.starts_at = now() - timedelta(days=340)
            app.let_it_renew_itself()
            service.m365_contact = "ida@kestrel.example"
            service.save()
        connect_live(service, app, secret, olga)
        service.activate(actor_for(olga))
        world.services[name] = service
    app.secrets.clear()
    world.services["lost"], world.night = service, the_night_passes()
    proceed(steps=2)  # put in use; the former secret is still there
    drain_mail()
    world.services["renewed"] = Service.objects.with_connection().get(pk=world.services["kestrel-self"].pk)
