"""For T29: a channel with a row of every kind, another one that must see none of them, and all addresses there are."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from m365.models import ConnectionState, NightlyRun
from portal.core.clock import now
from portal.core.logos import Logo
from portal.core.notices import Notice
from portal.core.pictures import Picture
from portal.core.roles import Role
from portal.core.tenancy import Channel, Membership, Operator
from services.models import Customer, OnboardingDraft, Purpose, Sbc, Service, SipConnection
from services.tasks import follow_up
from tests.conftest import actor_for, connect, make_operator, make_service
from tests.m365.nights import a_night_passes
from tests.services.conftest import connect_live, ended, hold_live, in_days, signed_in
from tests.signing_in import freshly
from tests.threats.test_t26_forged_requests import OF_THE_VISIT

# One of them stands in each name of the first channel's rows, and nowhere else in the portal.
MARKS = ("zirkon", "quarz", "ottilie", "198.51.100.77")
ACCENT = "5b2a86"


@dataclass
class Side:
    """One channel, and what of it stands in addresses; `services` by state."""

    channel: Channel
    admin: Operator
    customer: Customer
    sbc: Sbc
    services: dict[str, Service]
    special: dict[str, dict] = field(default_factory=dict)

    @cached_property
    def ids(self):
        """By the name of a service: what each argument of an address is, around it."""
        notice = Notice.objects.filter(operator=self.admin).first().pk
        its = {
            "channel_id": self.channel.pk,
            "customer_id": self.customer.pk,
            "sbc_id": self.sbc.pk,
            "operator_id": self.admin.pk,
            "membership_id": Membership.objects.get(operator=self.admin).pk,
            "digest": self.customer.logo_id or NOBODYS["digest"],
            "pk": Authenticator.objects.get(user=self.admin).pk,
        }
        self.special = {"read_notice": {"id": notice}, "brand_logo": {"digest": self.channel.logo_id}}
        return {name: PLAIN | its | _around(service) for name, service in self.services.items()}

    def named(self, service, address):
        """The arguments of this address; some mean something else there than in all others."""
        return self.ids[service] | self.special.get(address, {})


def _around(service):
    newest = service.app_registration.validations.order_by("-created_at").first()
    return {
        "service_id": service.pk,
        "id": service.pk,
        "validation_id": newest.pk if newest else NOBODYS["validation_id"],
        "invitation_id": service.invitation.uuid if service.invitation else NOBODYS["invitation_id"],
    }


# `token` and `key` are secrets of their holders: whoever has one is let in, whatever channel they work for.
PLAIN = {
    "state": ConnectionState.OK.slug,
    "form": "csv",
    "place": "sip",
    "colour": ACCENT,
    "token": "x",
    "uidb36": "x",
    "key": "x",
}
IDS = (
    "service_id",
    "id",
    "validation_id",
    "channel_id",
    "customer_id",
    "sbc_id",
    "operator_id",
    "membership_id",
)
NOBODYS = {name: uuid.UUID(int=7) for name in (*IDS, "invitation_id")} | {"digest": "f" * 64, "pk": 2**31 - 1}


def patterns(resolver=None, prefix="", namespace="", above=frozenset()):
    """The name of every address with the names of its arguments; what has no name is called by its route."""
    for pattern in (resolver or get_resolver()).url_patterns:
        arguments = above | set(pattern.pattern.converters)
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name or route}", arguments
        else:
            inner = f"{pattern.namespace}:" if pattern.namespace else namespace
            yield from patterns(pattern, route, inner, arguments)


def address(name, arguments, values):
    """The path; raises KeyError for an argument that nobody told this test about."""
    if name in ("healthz", "metrics", "livez", "readyz"):
        return f"/{name}"
    return reverse(name, kwargs={argument: values[argument] for argument in arguments})


def everything(*, but=()):
    """How many rows each table has, and the hash of them; without what every visit changes."""
    models = apps.get_models(include_auto_created=True)
    tables = sorted({model._meta.db_table for model in models} - {*OF_THE_VISIT, *but})
    digest = "md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"
    asked = [f"SELECT '{table}', count(*), {digest} FROM {table} t" for table in tables]  # noqa: S608 - our names
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(asked))
        return {table: rest for table, *rest in cursor.fetchall()}


def browser_of(operator):
    """A browser in which this operator signed in; that was more than ten minutes ago."""
    client = Client()
    client.force_login(operator, "allauth.account.auth_backends.AuthenticationBackend")
    return client


def fresh_browser_of(operator):
    return freshly(browser_of(operator))


def shown_in(answer):
    """The marks that its text has, headers included."""
    text = f"{answer.getvalue().decode(errors='replace')} {answer.headers}".casefold()
    return [mark for mark in MARKS if mark in text]


def make_first(simulator):
    """The channel with a row of every kind, made by the functions of views and workers."""
    look = {"brand_name": "Zirkon Voice", "brand_email": "hilfe@zirkon.example", "accent": f"#{ACCENT}"}
    channel = Channel.objects.create(name="Zirkon Telefonie", logo=_logo("channel"), **look)
    ottilie = make_operator("ottilie@zirkon.example", channel, Role.ADMIN)
    customer = Customer.objects.create(
        channel=channel, name="Quarzmühle", logo=_logo("customer"), contact_email="it@quarz.example"
    )
    sbc = Sbc.objects.create(
        channel=channel, name="Zirkon-1", base_domain="sbc.zirkon.example", address="198.51.100.77"
    )
    services = {"pending": make_service(customer, ottilie, "quarz-new", invite="ruth@quarz.example")}
    app = simulator.add_tenant(name="Quarz Holding").add_application(name="Voice")
    services["held"] = hold_live(customer, ottilie, "quarz-held", app, invite="ruth@quarz.example")
    services |= _after_a_night(customer, ottilie, sbc, simulator)
    Customer.objects.filter(pk=customer.pk).update(
        tenant_id=uuid.uuid4()
    )  # now, so that it holds nothing else up
    customer.refresh_from_db()
    OnboardingDraft.choose(ottilie, customer)
    _beside(ottilie, "Quarzmühle has answered.")
    return Side(channel, ottilie, customer, sbc, services)


def _after_a_night(customer, operator, sbc, simulator):
    """A service whose customer was asked for a new secret, and one that the portal renews itself."""
    made = {}
    for name in ("active", "renewing"):
        service = make_service(
            customer, operator, f"quarz-{name}", invite=None, m365_contact="ruth@quarz.example"
        )
        app = simulator.add_tenant(name=f"Quarz {name}").add_application(name="Voice")
        secret = app.add_secret(name="portal", ends_in_days=25.5)
        if name == "renewing":
            secret.starts_at = now() - timedelta(days=340)
            app.let_it_renew_itself()
        connect_live(service, app, secret, operator)
        _complete(service, sbc, operator)
        made[name] = service
    a_night_passes()
    follow_up()
    return {name: Service.objects.with_connection().get(pk=service.pk) for name, service in made.items()}


def _complete(service, sbc, operator):
    """The rest of the wizard."""
    service.choose_domain(service.app_registration.domains[0]["name"], actor_for(operator))
    SipConnection.objects.create(service=service, sbc=sbc, site_name="Quarz", host_label=service.short_name)
    service.activate(actor_for(operator))


def make_second():
    """The channel of those who ask, with something in each list; its newest service waits for its SIP connection."""
    channel = Channel.objects.create(name="Telko Partner Süd")
    max_ = make_operator("max@telko.example", channel, Role.ADMIN)
    customer = Customer.objects.create(channel=channel, name="Brightwater")
    sbc = Sbc.objects.create(
        channel=channel, name="MUC-1", base_domain="sbc.telko.example", address="192.0.2.81"
    )
    services = {name: make_service(customer, max_, name) for name in ("pending", "connected", "active")}
    for name in ("connected", "active"):
        connect(services[name], in_days(300))
    ended(services["connected"], max_, signed_in(), Purpose.ONBOARDING)
    services["connected"].choose_domain("brightwaterdental.example", actor_for(max_))
    _complete(services["active"], sbc, max_)
    _beside(max_, "Brightwater has answered.")
    return Side(channel, max_, customer, sbc, services)


def _beside(operator, sentence):
    """What belongs to an operator alone: a notice and a passkey."""
    Notice.tell(operator, sentence, "/services/", key=sentence)
    passkey = Authenticator.Type.WEBAUTHN
    Authenticator.objects.create(
        user=operator, type=passkey, data={"name": f"{operator.name}’s", "credential": {}}
    )


def _logo(name):
    logo = Logo.of(Picture(f"the {name}’s".encode(), "image/png"))
    logo.keep()
    return logo


def make_two(simulator):
    """Both; the night that went by in the first one is the newest."""
    first, second = make_first(simulator), make_second()
    PLAIN["night"] = NightlyRun.objects.get().date
    assert first.ids
    assert second.ids
    return first, second


def forms(first, second, colleague):
    """Forms of the second channel's admin in which one value is the first channel's: name, arguments, values."""
    tenant = {"full_name": "X", "short_name": "xyz", "license_type": "pro", "licensed_users": "1"}
    tenant |= {"send_link": "on", "email": "x@telko.example"}
    sbc = {"name": "MUC-1", "base_domain": "sbc.telko.example", "address": "192.0.2.81"}
    customer = {"name": "Brightwater", "cloud": "worldwide", "license_types": ["essentials_plus", "pro"]}
    trunk = {"site_name": "X", "host_label": "xyz", "trunk_model": "derived_trunk"}
    person = {"name": "X", "email": "x@telko.example", "role": "admin"}
    own, theirs = second.services["connected"].pk, first.services["pending"]
    registration = first.services["active"].app_registration
    yield "services:onboarding_select", {}, {"customer": first.customer.pk}
    for draft in (OnboardingDraft.objects.get(operator=first.admin).pk, theirs.pk):
        for name in ("tenant", "back", "cancel"):
            yield f"services:onboarding_{name}", {}, tenant | {"draft": draft}
    yield "services:onboarding_sip", {"id": own}, trunk | {"sbc": first.sbc.pk}
    yield "services:add_customer", {}, customer | {"name": "X", "channel": first.channel.pk}
    yield (
        "services:edit_customer",
        {"customer_id": second.customer.pk},
        customer | {"channel": first.channel.pk},
    )
    yield "services:add_sbc", {}, sbc | {"name": "X", "channel": first.channel.pk}
    yield "services:edit_sbc", {"sbc_id": second.sbc.pk}, sbc | {"channel": first.channel.pk}
    for channel in (first.channel.pk, ""):  # empty: for the provider as a whole
        yield "invite_operator", {}, person | {"channel": channel}
        yield "grant_role", {"operator_id": colleague.pk}, {"channel": channel, "role": "admin"}
    yield "act_in", {}, {"role": str(first.channel.pk)}
    yield (
        "services:client_secret",
        {"service_id": second.services["active"].pk},
        {"client_secret": "x" * 40, "replaces": registration.active_credential_id},
    )
