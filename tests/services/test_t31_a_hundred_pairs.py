"""Two operators at the same moment, a hundred times each: one wins, the other is told, nobody sees an error.

What one of them is shown on a page is in onboarding/test_races.py; here the same verbs meet as often as it takes.
"""

import pytest
from django.db import IntegrityError, transaction

from invitations.models import Invitation
from m365 import holding
from m365.models import AppRegistration, Validation
from portal.core.journal import JournalEntry
from portal.core.outbox import OutboxMail
from services.models import OnboardingDraft, Service, SipConnection
from services.onboarding.forms import IN_USE
from services.onboarding.pending_service import PendingServiceForm
from tests.concurrency import in_pairs
from tests.conftest import IDA, actor_for, make_operator, make_service
from tests.many import many
from tests.services.conftest import hold_live
from tests.services.onboarding.conftest import draft, typed, url  # noqa: F401 (fixtures)
from tests.services.onboarding.test_races import client_of
from tests.services.test_service_portal import values

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

PAIRS = 100
ONE_WINS = [[False, True]] * PAIRS


@pytest.fixture
def omar(channel):
    return make_operator("omar@nordhafen.example", channel)


def journalled(verb):
    return JournalEntry.objects.filter(verb=verb).count()


def in_order(answers):
    return [sorted(pair) for pair in answers]


def fresh(service):
    """As another request reads it."""
    return Service.objects.with_connection().get(pk=service.pk)


def test_a_short_name_is_given_to_one_of_two_operators(olga, omar, customer):
    def begin(operator, name):
        with transaction.atomic():  # as Next on Add New Tenant does
            return make_service(customer, operator, name).state

    answers = in_pairs(
        range(PAIRS),
        lambda number: begin(olga, f"möwe{number}"),
        lambda number: begin(omar, f"MO\u0308WE{number}"),
        expected=IntegrityError,
    )

    assert {frozenset(pair) for pair in answers} == {frozenset({"pending", IntegrityError})}
    stored = [model.objects.count() for model in (Service, AppRegistration, Invitation, OutboxMail)]
    assert (stored, journalled("service.begun")) == ([PAIRS] * 4, PAIRS)


def test_the_tenant_form_sent_twice_makes_one_service(olga, customer):
    first, second = client_of(olga), client_of(olga)
    fields = {"license_type": "pro", "licensed_users": "120", "send_link": "on", "email": IDA}

    def forms():
        for number in range(PAIRS):
            chosen = OnboardingDraft.choose(olga, customer)
            yield fields | {"draft": str(chosen.pk), "short_name": f"brightwater{number}"}

    answers = in_pairs(
        forms(),
        lambda form: first.post(url("onboarding_tenant"), form),
        lambda form: second.post(url("onboarding_tenant"), form),
    )

    assert {answer.status_code for pair in answers for answer in pair} == {302}
    assert all(one["Location"] == other["Location"] for one, other in answers)
    assert len({one["Location"] for one, _ in answers}) == PAIRS
    assert [model.objects.count() for model in (Service, Invitation, OutboxMail)] == [PAIRS] * 3


def test_one_of_two_operators_creates_the_service(connected, olga, omar):
    answers = in_pairs(
        many(connected, PAIRS),
        lambda service: fresh(service).activate(actor_for(olga)),
        lambda service: fresh(service).activate(actor_for(omar)),
    )

    winners = ["Olga" if olgas else "Omar" for olgas, _ in answers]
    assert in_order(answers) == ONE_WINS
    created = Service.objects.filter(short_name__startswith="many").order_by("created_at", "short_key")
    recorded = {service.short_name: service.activated_by.name for service in created}
    assert [recorded[f"many{number}"] for number in range(PAIRS)] == winners
    assert journalled("service.activated") == PAIRS


def test_a_service_is_created_or_deleted(connected, olga, omar):
    services = many(connected, PAIRS)

    answers = in_pairs(
        services,
        lambda service: fresh(service).activate(actor_for(olga)),
        lambda service: fresh(service).delete_pending(actor_for(omar)),
    )

    assert in_order(answers) == ONE_WINS
    states = [fresh(service).state for service in services]
    assert states == ["active" if created else "deleted" for created, _ in answers]


@pytest.fixture
def held(customer, olga, entra):
    """A service whose customer's administrator signed in to a tenant that an operator must confirm."""
    app = entra.add_tenant(name="Oakhurst Holdings", domains=["oakhurst.example"]).add_application()
    return hold_live(customer, olga, "oakhurst", app)


def seen(service):
    """The held validation, as the page showed it."""
    return Validation.objects.get(pk=service.app_registration.held_id)


def test_a_tenant_is_confirmed_by_one_of_two_operators(held, olga, omar):
    services = many(held, PAIRS)

    answers = in_pairs(
        services,
        lambda service: holding.confirm(seen(service), actor_for(olga)),
        lambda service: holding.confirm(seen(service), actor_for(omar)),
    )

    assert in_order(answers) == ONE_WINS
    assert all(fresh(service).connected for service in services)
    assert journalled("invitation.authenticated") == PAIRS


def test_a_tenant_is_confirmed_or_rejected(held, olga, omar):
    services = many(held, PAIRS)

    answers = in_pairs(
        services,
        lambda service: holding.confirm(seen(service), actor_for(olga)),
        lambda service: holding.reject(seen(service), actor_for(omar)),
    )

    assert in_order(answers) == ONE_WINS
    assert [fresh(service).connected for service in services] == [confirmed for confirmed, _ in answers]


def test_a_link_resent_twice_is_sent_once(service, olga, omar):
    services = many(service, PAIRS)
    queued = OutboxMail.objects.count()

    answers = in_pairs(
        services,
        lambda service: fresh(service).invite_again(IDA, actor_for(olga), version=1),
        lambda service: fresh(service).invite_again("ruth@brightwater.example", actor_for(omar), version=1),
    )

    assert in_order(answers) == ONE_WINS
    assert {fresh(service).invitation.version for service in services} == {2}
    assert (OutboxMail.objects.count() - queued, journalled("invitation.resent")) == (PAIRS, PAIRS)


def test_two_services_renamed_alike_get_two_names(service, olga, omar):
    services = many(service, 2 * PAIRS)

    def rename(service, operator, name):
        form = PendingServiceForm(values(short_name=name), instance=fresh(service))
        stored = form.is_valid() and form.stored(actor_for(operator))
        return stored, dict(form.errors)

    answers = in_pairs(
        [(services[2 * number : 2 * number + 2], f"tidewell{number}") for number in range(PAIRS)],
        lambda of: rename(of[0][0], olga, of[1]),
        lambda of: rename(of[0][1], omar, of[1].upper()),
    )

    told = {"short_name": [IN_USE]}
    assert [sorted(pair, key=lambda answer: answer[0]) for pair in answers] == [
        [(False, told), (True, {})]
    ] * PAIRS
    assert Service.objects.filter(short_key__startswith="tidewell").count() == PAIRS


def test_a_host_name_is_given_to_one_of_two_services(service, olga, omar, sbc):
    services = many(service, 2 * PAIRS)

    def store(service, operator, label):
        connection = SipConnection(service=fresh(service), site_name="London", sbc=sbc, host_label=label)
        connection.store(actor_for(operator))
        return "stored"

    answers = in_pairs(
        [(services[2 * number : 2 * number + 2], f"label{number}") for number in range(PAIRS)],
        lambda of: store(of[0][0], olga, of[1]),
        lambda of: store(of[0][1], omar, of[1]),
        expected=IntegrityError,
    )

    assert {frozenset(pair) for pair in answers} == {frozenset({"stored", IntegrityError})}
    assert (SipConnection.objects.count(), journalled("service.sip_connection_set")) == (PAIRS, PAIRS)
