"""The demo's first rows: two channels, their people, customers and SBCs, and two invitations to play with."""

from typing import Any

from allauth.mfa.totp.internal.auth import TOTP
from django.db import transaction
from django.utils import timezone

from portal.core.actors import Actor, ActorKind
from portal.core.roles import Role
from portal.core.tenancy import Channel, Membership, Operator
from services.models import Customer, LicenseType, Sbc, Service

OWN, PARTNER = "Nordhafen Direct", "Telko Partner Süd"
# Each with what it does not take from the provider.
CHANNELS: dict[str, dict[str, Any]] = {
    OWN: {},
    PARTNER: {
        "most_customers": 25,
        "brand_name": "Telko Partner Süd",
        "brand_email": "einrichtung@telko.example",
        "brand_phone": "+49 89 5550 200",
        "accent": "#7a1f5c",
    },
}
# Who else works here: address, name, channel, role. The caller names the first operator.
COLLEAGUES = [
    ("omar@nordhafen.example", "Omar Haddad", OWN, Role.OPERATOR),
    ("mona@nordhafen.example", "Mona Lind", OWN, Role.MONITOR),
    ("max@telko.example", "Max Gruber", PARTNER, Role.ADMIN),
]
# Channel, name, description, contact, the contact's address.
CUSTOMERS = [
    (OWN, "Brightwater Dental Group", "Dental practices in London", "Ruth Alder", "ruth@brightwater.example"),
    (OWN, "Möwe Reederei", "Shipping, Hamburg and Rostock", "Nils Borg", "it@moewe.example"),
    (OWN, "Tidewell Care", "Care homes on the east coast", "Joan Pryce", "it@tidewell.example"),
    (OWN, "Kestrel Logistics", "", "", ""),
    (PARTNER, "شركة النور للتجارة", "Al-Noor Trading, Hamburg", "Layla Nasser", "layla@alnoor.example"),
    (PARTNER, "Ostsee Klinikverbund Greifswald–Stralsund gGmbH", "Eleven clinics", "", "edv@ostsee.example"),
]
# Channel, name, base domain, public address (RFC 5737), note.
SBCS = [
    (OWN, "HAM-1", "sbc.nordhafen.example", "192.0.2.61", "Hamburg, first choice"),
    (OWN, "FRA-2", "fra.sbc.nordhafen.example", "192.0.2.62", "Frankfurt, second site"),
    (PARTNER, "MUC-1", "sbc.telko.example", "192.0.2.81", ""),
]


@transaction.atomic
def plant(email: str, password: str, app_key: str) -> None:
    """Make them, unless there are operators already; every operator gets this password and this key of an app.

    Raises ValidationError when the password is too weak.
    """
    if Operator.objects.exists():
        return
    channels = {
        name: Channel.objects.create(name=name, **of_its_own) for name, of_its_own in CHANNELS.items()
    }
    _person(email, "Olga Brandt", None, Role.ADMIN, password, app_key)
    people = {
        name: _person(at, name, channels[where], role, password, app_key)
        for at, name, where, role in COLLEAGUES
    }
    customers = {row[1]: _customer(channels[row[0]], *row[1:]) for row in CUSTOMERS}
    for where, name, domain, address, note in SBCS:
        Sbc.objects.create(channel=channels[where], name=name, base_domain=domain, address=address, note=note)
    _invited(customers["Tidewell Care"], people["Omar Haddad"], "tidewell_1", "Tidewell Care homes", 64)
    _invited(customers[CUSTOMERS[-1][1]], people["Max Gruber"], "ostsee-klinik", "Ostsee Kliniken", 480)


def _person(
    email: str, name: str, channel: Channel | None, role: Role, password: str, app_key: str
) -> Operator:
    operator = Operator.objects.create_operator(email, name, password)
    Membership.objects.create(operator=operator, channel=channel, role=role)
    TOTP.activate(operator, app_key)
    Operator.objects.filter(pk=operator.pk).update(second_factor_since=timezone.now())
    return operator


def _customer(channel: Channel, name: str, description: str, contact: str, email: str) -> Customer:
    return Customer.objects.create(
        channel=channel, name=name, description=description, contact_name=contact, contact_email=email
    )


def _invited(customer: Customer, operator: Operator, short_name: str, full_name: str, users: int) -> None:
    """A pending service whose administrator's invitation is on its way to the inbox."""
    actor = Actor(ActorKind.OPERATOR, operator.name, operator)
    service = Service(
        customer=customer,
        short_name=short_name,
        full_name=full_name,
        license_type=LicenseType.PRO,
        licensed_users=users,
    )
    Service.begin(service, actor).invite(customer.contact_email, actor)
