"""One world for the pictures of all pages: every state that a list or a page can show, made once for a whole module."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from invitations.models.standing import MOST_REFUSALS
from m365 import causes
from m365.models import NightlyRun, Validation
from m365.tasks import drain_validations
from m365.validation import STEPS
from portal.core.clock import now
from portal.core.heartbeats import Heartbeat, Part
from portal.core.notices import Notice
from portal.core.outbox import MailState, OutboxMail
from portal.core.pages import ROWS_A_PAGE
from portal.core.roles import Role
from portal.core.tasks import drain_mail
from portal.core.tenancy import Channel, Operator
from services.models import Customer, OnboardingDraft, Purpose, Sbc, Service, SipConnection
from services.renewal_links import Asked, ask_customer
from tests.browser.world_at_night import sleep
from tests.conftest import actor_for, connect, make_operator, make_service
from tests.services.conftest import ended, in_days, refused, signed_in
from tests.signing_in import code_for, freshly

SIXTY_LETTERS = "Ostsee Klinikverbund Greifswald–Stralsund–Wolgast gemein. AG"
ARABIC = "شركة النور للتجارة والخدمات اللوجستية"
# By the first word of the subject; the one that is not here begins with the customer's name.
KINDS = {
    "Connect": "activation",
    "Reminder:": "reminder",
    "Receipt:": "receipt",
    "Please": "held",
    "Link": "locked",
    "Nightly": "digest",
    "Your": "renewal",
}
# What Ida sends for which service, as the simulator's directory calls it.
ANSWERS = {
    "answered": "huelsenbeck",
    "findings": "ohneorganisation",
    "failed": "falschessecret",
    "held": "nordlicht",
}


@dataclass
class World:
    """Who looks, by name, as the cookies of their browsers; what is looked at, by name; and the mails, by kind."""

    cookies: dict[str, dict[str, str]] = field(default_factory=lambda: {"nobody": {}})
    people: dict[str, Operator] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    checks: dict[str, Validation] = field(default_factory=dict)
    mails: dict[str, str] = field(default_factory=dict)
    customer: Customer = None
    sbc: Sbc = None
    night: NightlyRun = None
    second_page: str = ""
    """The second page of a list of customers."""

    def url(self, name, service=None, *more):
        """The address of one of the operators' pages."""
        return reverse(f"services:{name}", args=[self.services[service].pk, *more] if service else [])

    def check(self, name, service):
        """The address of a validation's page; `name` is that of the page."""
        return self.url(name, service, self.checks[service].pk)

    def answer(self, name, service, *more):
        """The address of one of the invitee's pages."""
        return reverse(f"invitations:{name}", args=[self.services[service].invitation.uuid, *more])

    def result(self, service):
        """The address of what came of the values that the invitee sent."""
        return self.answer("result", service, self.checks[service].pk)


def make_world(simulator, sink):
    """Make it with the functions that views and workers use; mails go to the sink."""
    world = World()
    for part in Part:
        Heartbeat.objects.create(
            part=part, seen_at=Now() + timedelta(days=1)
        )  # alive for as long as anybody looks
    own = Channel.objects.create(name="Nordhafen Direct")
    olga = _person(world, "olga", own)
    code_for(olga)
    _person(world, "monica", own, Role.MONITOR)
    newcomer = _person(world, "newcomer", own)
    Operator.objects.filter(pk=newcomer.pk).update(second_factor_since=None)
    _person(world, "max", Channel.objects.create(name="Telko Partner Süd"))  # there is nothing in it
    world.second_page = _second_page(world)
    world.sbc = Sbc.objects.create(
        channel=own, name="HAM-1", base_domain="sbc.nordhafen.example", address="192.0.2.61", note="Hamburg"
    )
    customers = _customers(own)
    world.customer = customers[SIXTY_LETTERS]
    OnboardingDraft.choose(olga, world.customer)
    sink.clear()
    _invite(world, olga, customers)
    drain_mail()
    ida = Client(REMOTE_ADDR="198.18.0.1")
    _answer(world, ida, simulator)
    sleep(world, olga, customers[ARABIC], simulator)
    _onboard(world, olga, customers)
    _renew(world, ida)
    world.mails = _mails(world, sink)
    _run_for_ever(world, olga, ida, simulator)
    _person(world, "pia", None)  # for the provider: last, so that no mail above goes to her, too
    world.cookies["ida"] = {name: morsel.value for name, morsel in ida.cookies.items()}
    return world


def _person(world, name, channel, role=Role.ADMIN):
    """An operator with a browser that is signed in."""
    operator = make_operator(f"{name}@nordhafen.example", channel, role)
    client = Client()
    client.force_login(operator, "allauth.account.auth_backends.AuthenticationBackend")
    freshly(client)
    world.people[name] = operator
    session = settings.SESSION_COOKIE_NAME
    world.cookies[name] = {session: client.cookies[session].value}
    return operator


def _second_page(world):
    """Where pat, who has one customer too many for a page, reads on."""
    many = Channel.objects.create(name="Kestrel")
    _person(world, "pat", many)
    for n in range(ROWS_A_PAGE + 1):
        Customer.objects.create(channel=many, name=f"Kestrel Depot {n}")
    reader = Client()
    reader.cookies.load(world.cookies["pat"])
    return "/customers/" + reader.get("/customers/").context["page"].next_url


def _customers(channel):
    named = ["Brightwater Dental Group", SIXTY_LETTERS, ARABIC, "Möwe Reederei"]
    rows = [Customer.objects.create(channel=channel, name=name) for name in named]
    rows[0].contact_name, rows[0].contact_email = "Ruth Alder", "ruth@brightwater.example"
    rows[0].save()
    return {row.name: row for row in rows}


def _invite(world, olga, customers):
    """Invitations in every state that needs no answer."""
    brightwater, moewe = customers["Brightwater Dental Group"], customers["Möwe Reederei"]
    for name in [
        "waiting",
        "lapsed",
        "revoked",
        "unsent",
        "answered",
        "failed",
        "held",
        "locked",
        "watched",
        "running",
        "open",
    ]:
        full_name = f"{brightwater.name}, the {name} practice"
        world.services[name] = make_service(brightwater, olga, f"bright-{name}", full_name=full_name)
    # For another customer, whose tenant nobody has recorded: else it would be held, too
    world.services["findings"] = make_service(
        moewe, olga, "moewe-findings", full_name="Möwe Reederei, Rostock"
    )
    world.services["arabic"] = make_service(customers[ARABIC], olga, "النور", full_name=ARABIC)
    # As long as names and addresses may be, and without a blank where a line could break
    world.services["long"] = make_service(
        customers[SIXTY_LETTERS],
        olga,
        "m" * 15,
        full_name=f"{SIXTY_LETTERS} " + "Haus" * 9,
        invite=f"{'verwaltung' * 5}@{'klinikverbund' * 4}.example",
    )
    lapsed = world.services["lapsed"].invitation
    lapsed.expires_at = now() - timedelta(hours=3)
    lapsed.save()
    world.services["revoked"].invitation.revoke(actor_for(olga))


def _onboard(world, olga, customers):
    """Services at every step of the wizard and in every state of their connection."""
    brightwater, long_ = customers["Brightwater Dental Group"], customers[SIXTY_LETTERS]
    world.services["validated"] = connect(
        make_service(long_, olga, "validated", full_name=SIXTY_LETTERS, invite=None)
    )
    world.checks["validated"] = ended(world.services["validated"], olga, signed_in(), Purpose.ONBOARDING)
    world.services["refused"] = connect(make_service(brightwater, olga, "refused", invite=None))
    world.checks["refused"] = ended(world.services["refused"], olga, refused(), Purpose.ONBOARDING)
    for name, days in (
        ("complete", 300),
        ("active", 364),
        ("ending", 6),
        ("over", -3),
        ("undated", None),
        ("broken", 200),
    ):
        customer = {"ending": long_, "over": customers[ARABIC]}.get(name, brightwater)
        service = make_service(customer, olga, name, full_name=f"{customer.name}, {name}", invite=None)
        connect(service, not_after=None if days is None else in_days(days))
        world.checks[name] = ended(service, olga, signed_in(), Purpose.ONBOARDING)
        domains = service.app_registration.domains
        service.choose_domain(domains[0]["name"], actor_for(olga))
        SipConnection.objects.create(service=service, sbc=world.sbc, site_name="London", host_label=name)
        service.refresh_from_db()
        if name != "complete":
            service.activate(actor_for(olga))
        world.services[name] = service
    missing = {"cause": causes.PERMISSION_MISSING.name, "permission": "Organization.Read.All"}
    ended(world.services["undated"], olga, signed_in(findings=[missing]))
    world.checks["broken"] = ended(world.services["broken"], olga, refused())


def _answer(world, ida, simulator):
    """What Ida has sent by now, with its outcome from the simulated Microsoft 365."""
    expecting = world.services["held"].app_registration
    expecting.expected_tenant_id = uuid.uuid4()
    expecting.save()
    for name, key in ANSWERS.items():
        _send(world, ida, name, simulator, key)
    _work()
    for _attempt in range(MOST_REFUSALS):
        _send(world, ida, "locked", simulator, "falschessecret")
        _work()
    for name in (*ANSWERS, "locked"):
        world.services[name] = Service.objects.with_connection().get(pk=world.services[name].pk)
    states = {name: world.services[name].invitation.state for name in ("answered", "held", "locked")}
    assert states == {"answered": "authenticated", "held": "held", "locked": "locked"}
    ida.get(urlsplit(world.services["open"].invitation.link).path)


def _work():
    """Validate until nothing waits, without the pauses: a rejected secret is tried for a minute."""
    waiting = Validation.objects.exclude(next_try_at=None)
    while waiting.exists():
        waiting.update(next_try_at=Now())
        drain_validations()


def _send(world, ida, name, simulator, key):
    invitation = world.services[name].invitation
    ida.get(urlsplit(invitation.link).path)
    example = next(example for example in simulator.directory.examples if example.key == key)
    fields = ("tenant_id", "client_id", "client_secret")
    ida.post(world.answer("values", name), {field: getattr(example, field) for field in fields})
    world.checks[name] = Validation.objects.filter(subject=invitation.uuid).order_by("-created_at")[0]


def _renew(world, ida):
    """A secret that ends in six days: its Microsoft 365 contact was asked for a new one, and has opened the mail."""
    service = Service.objects.with_connection().get(pk=world.services["ending"].pk)
    service.m365_contact = "ida@ostsee.example"
    service.save()
    assert ask_customer(service, 7, settings.M365_WARN_DAYS) is Asked.SENT
    world.services["renewing"] = Service.objects.with_connection().get(pk=service.pk)
    ida.get(urlsplit(world.services["renewing"].invitation.link).path)


def _mails(world, sink):
    """One mail of each kind as it arrived; then one of them fails after all."""
    waiting = world.services["waiting"].invitation
    waiting.remind_at = now()
    waiting.save()
    assert waiting.remind()
    drain_mail()
    mail = world.services["unsent"].invitation.mail
    OutboxMail.objects.filter(pk=mail.pk).update(
        state=MailState.FAILED, smtp_code=552, smtp_reply="mailbox full", attempts=4, sent_at=None
    )
    return {_kind(mail): mail.html for mail in sink}


def _kind(mail):
    if "has renewed the client secret" in mail.subject:
        return "rotated" if "Hello," in mail.text else "rotated-operator"
    return KINDS.get(mail.subject.split()[0], "finished")


def _run_for_ever(world, olga, ida, simulator):
    """Validations in the middle of their work: no worker takes them any more."""
    _send(world, ida, "watched", simulator, "falschessecret")
    drain_validations()
    assert Validation.objects.get(pk=world.checks["watched"].pk).watching
    _send(world, ida, "running", simulator, "bergmann")
    world.services["checking"] = connect(make_service(world.customer, olga, "checking", invite=None))
    world.checks["checking"] = world.services["checking"].validate_again(actor_for(olga), Purpose.ONBOARDING)
    done = [{"name": name, "state": "ok", "ms": 210, "note": ""} for name in list(STEPS)[:3]]
    running = Validation.objects.filter(verdict=Validation.Verdict.RUNNING)
    running.update(attempts=1, steps=done, next_try_at=now() + timedelta(days=1))
    Notice.tell(olga, f"{SIXTY_LETTERS} has answered.", "/services/", key="looks")
