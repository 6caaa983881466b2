"""Two requests at the same moment, on real PostgreSQL: one service, one invitation, clean words for the other."""

import pytest
from django.test import Client

from invitations.models import Invitation
from m365.tasks import drain_validations
from portal.core.outbox import OutboxMail
from services.models import OnboardingDraft, Purpose, Service, SipConnection
from tests.concurrency import at_once
from tests.conftest import connect, make_operator, make_service
from tests.services.conftest import ended, signed_in
from tests.services.onboarding.conftest import answer, url
from tests.signing_in import freshly

pytestmark = pytest.mark.django_db(transaction=True)

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def client_of(operator):
    client = Client(raise_request_exception=False)
    client.force_login(operator, BACKEND)
    return freshly(client)


@pytest.fixture
def omar(channel):
    return make_operator("omar@nordhafen.example", channel)


@pytest.fixture
def complete(connected, olga, sbc):
    ended(connected, olga, signed_in(), Purpose.ONBOARDING)
    Service.objects.filter(pk=connected.pk).update(m365_domain="brightwaterdental.onmicrosoft.com")
    SipConnection.objects.create(service=connected, sbc=sbc, site_name="London", host_label="brightwater")
    return connected


def test_r18_the_tenant_form_sent_twice_at_once_makes_one_service_and_one_invitation(olga, typed):
    values = typed()
    clients = [client_of(olga) for _ in range(4)]

    answers = at_once(*[lambda one=one: one.post(url("onboarding_tenant"), values) for one in clients])

    assert {answer["Location"] for answer in answers} == {url("onboarding_sent", Service.objects.get())}
    assert (Invitation.objects.count(), OutboxMail.objects.count()) == (1, 1)


def test_of_two_operators_with_one_short_name_one_gets_it_and_the_other_keeps_what_was_typed(
    olga, omar, customer, typed
):
    of_omar = OnboardingDraft.choose(omar, customer)
    forms = [(client_of(olga), typed()), (client_of(omar), typed(draft=str(of_omar.pk)))]

    answers = at_once(
        *[lambda one=one, form=form: one.post(url("onboarding_tenant"), form) for one, form in forms]
    )

    assert sorted(answer.status_code for answer in answers) == [200, 302]
    refused = next(answer for answer in answers if answer.status_code == 200)
    assert refused.context["form"].errors == {"short_name": ["This short name is in use already."]}
    assert (Service.objects.count(), Invitation.objects.count()) == (1, 1)
    assert OnboardingDraft.objects.get().values["short_name"] == "brightwater"


def test_r19_of_two_operators_who_create_the_same_service_one_wins_and_the_other_is_told(
    olga, omar, complete
):
    clients = {"Olga": client_of(olga), "Omar": client_of(omar)}

    answers = at_once(
        *[lambda one=one: one.post(url("onboarding_create", complete)) for one in clients.values()]
    )

    complete.refresh_from_db()
    assert {answer["Location"] for answer in answers} == {url("onboarding_what_remains", complete)}
    winner = complete.activated_by.name
    told = {
        name: f"{winner} created this service on"
        in one.get(url("onboarding_what_remains", complete)).content.decode()
        for name, one in clients.items()
    }
    assert told == {"Olga": winner != "Olga", "Omar": winner != "Omar"}


def test_two_customers_selected_at_once_leave_one_draft(olga, customer, channel):
    from services.models import Customer

    other = Customer.objects.create(channel=channel, name="Tidewell Care")
    wanted = [(client_of(olga), customer), (client_of(olga), other)]

    answers = at_once(
        *[
            lambda one=one, chosen=chosen: one.post(url("onboarding_select"), {"customer": str(chosen.pk)})
            for one, chosen in wanted
        ]
    )

    assert [answer.status_code for answer in answers] == [302, 302]
    assert OnboardingDraft.objects.count() == 1


def test_one_host_name_wanted_twice_at_once_is_given_once(olga, omar, customer, sbc):
    services = []
    for name in ("first", "second"):
        service = connect(make_service(customer, olga, name))
        ended(service, olga, signed_in(), Purpose.ONBOARDING)
        Service.objects.filter(pk=service.pk).update(m365_domain="brightwaterdental.onmicrosoft.com")
        services.append(service)
    values = {"site_name": "London", "sbc": str(sbc.pk), "host_label": "same", "trunk_model": "derived_trunk"}
    pairs = zip((client_of(olga), client_of(omar)), services, strict=True)

    answers = at_once(
        *[lambda one=one, of=of: one.post(url("onboarding_sip", of), values) for one, of in pairs]
    )

    assert sorted(answer.status_code for answer in answers) == [200, 302]
    refused = next(answer for answer in answers if answer.status_code == 200)
    assert refused.context["form"].errors == {"host_label": ["This host name is in use already."]}
    assert SipConnection.objects.count() == 1


def test_r20_an_invitation_is_never_both_answered_and_revoked(olga, service, three_values):
    answer(service, three_values)
    operator = client_of(olga)

    at_once(drain_validations, lambda: operator.post(url("revoke", service)))

    service = Service.objects.with_connection().get(pk=service.pk)
    answered, revoked = service.invitation.authenticated_at, service.invitation.revoked_at
    assert (answered is None) != (revoked is None)
    assert service.connected == (answered is not None)


def test_a_service_deleted_while_it_is_validated_keeps_no_secret(olga, known):
    client = client_of(olga)
    client.post(url("onboarding_tenant"), known())
    service = Service.objects.get()

    at_once(drain_validations, lambda: client.post(url("delete_pending", service)))

    service.refresh_from_db()
    sealed = service.app_registration.credentials.exclude(sealed_secret=None)
    assert (service.state, service.connected, sealed.count()) == ("deleted", False, 0)
