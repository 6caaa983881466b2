"""Channels: what the provider allows one, who may decide it, and that it holds."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from portal.core.journal import JournalEntry
from portal.core.roles import Role
from portal.core.tenancy import Channel
from services.models import Customer, Service
from tests.concurrency import at_once
from tests.conftest import actor_for, make_operator, make_service

URL = reverse("services:channels")
ADD = reverse("services:add_channel")
ADD_CUSTOMER = reverse("services:add_customer")
BOTH = ["essentials_plus", "pro"]
FULL = "Nordhafen Direct has as many customers as it may have: 1."


def page(channel):
    return reverse("services:channel", args=[channel.pk])


@pytest.fixture
def as_pia(client, pia):
    client.force_login(pia, "allauth.account.auth_backends.AuthenticationBackend")
    return client


def typed(channel, **values):
    return {"name": channel.name, "most_customers": "", "license_types": BOTH} | values


def test_an_admin_of_the_provider_adds_a_channel(as_pia):
    answer = as_pia.post(
        ADD, {"name": " Küsten-Telefon ", "most_customers": "25", "license_types": ["pro"]}, follow=True
    )

    made = Channel.objects.get(name="Küsten-Telefon")
    assert (made.most_customers, made.license_types) == (25, ["pro"])
    assert answer.request["PATH_INFO"] == page(made)
    assert JournalEntry.objects.get(verb="channel.added").about == [made.pk]


def test_the_list_counts_customers_and_tells_the_cap(as_pia, channel, other_channel, customer):
    Channel.objects.filter(pk=channel.pk).update(most_customers=3)

    shown = as_pia.get(URL)

    assert {row["channel"].name: row["customers"] for row in shown.context["rows"]} == {
        channel.name: 1, other_channel.name: 0
    }  # fmt: skip
    assert "1 of 3" in shown.content.decode()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"name": ""}, "Enter the channel’s name."),
        ({"name": "Telko Partner Süd"}, "There is a channel of that name already."),
        ({"name": "a\x85b"}, "No line ends or control characters"),
        ({"most_customers": "-1"}, "greater than or equal to 0"),
        ({"most_customers": "many"}, "Enter a whole number."),
        ({"license_types": []}, "Choose at least one."),
        ({"license_types": ["gold"]}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_refused_and_kept(as_pia, channel, other_channel, values, says):
    shown = as_pia.post(page(channel), typed(channel, **values)).content.decode()

    assert says in shown
    unchanged = Channel.objects.get(pk=channel.pk)
    assert (unchanged.name, unchanged.most_customers, unchanged.license_types) == (channel.name, None, None)


def test_a_channels_admin_reads_what_it_may_and_decides_nothing(as_olga, channel):
    shown = as_olga.get(page(channel)).content.decode()

    assert "An admin of the provider decides this." in shown
    assert as_olga.post(page(channel), typed(channel, most_customers="9")).status_code == 403
    assert as_olga.post(ADD, typed(channel, name="Mine")).status_code == 403
    assert Channel.objects.get().most_customers is None


def test_who_sets_up_another_channel_does_not_find_this_one(as_max, client, channel):
    client.force_login(make_operator("omar@nordhafen.example", channel, Role.OPERATOR))

    assert as_max.get(page(channel)).status_code == 404
    assert channel.name not in as_max.get(URL).content.decode()
    assert client.get(page(channel)).status_code == 403


def test_g10_no_customer_beyond_the_cap(as_olga, channel, customer):
    Channel.objects.filter(pk=channel.pk).update(most_customers=1)

    shown = as_olga.post(ADD_CUSTOMER, {"name": "One too many", "channel": channel.pk, "cloud": "worldwide"})

    assert FULL in shown.content.decode()
    assert "One too many" in shown.content.decode()
    assert Customer.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_g10_of_two_at_once_one_gets_the_last_place(olga, channel):
    Channel.objects.filter(pk=channel.pk).update(most_customers=1)

    def add(name):
        browser = Client()
        browser.force_login(olga, "allauth.account.auth_backends.AuthenticationBackend")
        return browser.post(ADD_CUSTOMER, {"name": name, "channel": channel.pk, "cloud": "worldwide"})

    answers = at_once(*[lambda name=name: add(name) for name in ("First", "Second", "Third")])

    assert sorted(answer.status_code for answer in answers) == [200, 200, 302]
    assert Customer.objects.count() == 1


def test_g10_an_existing_customer_can_be_edited_in_a_full_channel(as_olga, channel, customer):
    Channel.objects.filter(pk=channel.pk).update(most_customers=0)
    address = reverse("services:edit_customer", args=[customer.pk])

    as_olga.post(address, {"name": "Renamed", "cloud": "worldwide", "license_types": BOTH})

    assert Customer.objects.get().name == "Renamed"


def choose(browser, customer):
    browser.post(reverse("services:onboarding_select"), {"customer": customer.pk})
    return browser.get(reverse("services:onboarding_tenant")).context["form"]


def offered(form):
    return [value for value, _label in form.fields["license_type"].choices]


@pytest.mark.parametrize(
    ("of_channel", "of_customer", "sold"),
    [
        (None, None, BOTH),
        (["pro"], None, ["pro"]),
        (None, ["essentials_plus"], ["essentials_plus"]),
        (["pro"], BOTH, ["pro"]),
    ],
)
def test_g13_add_service_offers_what_channel_and_customer_allow(
    as_olga, channel, customer, of_channel, of_customer, sold
):
    Channel.objects.filter(pk=channel.pk).update(license_types=of_channel)
    Customer.objects.filter(pk=customer.pk).update(license_types=of_customer)

    assert offered(choose(as_olga, customer)) == sold


def test_g13_a_type_that_is_not_sold_is_refused_beside_its_field(as_olga, channel, customer):
    form = choose(as_olga, customer)
    Channel.objects.filter(pk=channel.pk).update(license_types=["pro"])

    answer = as_olga.post(
        reverse("services:onboarding_tenant"),
        {
            "draft": form.initial["draft"],
            "short_name": "brightwater",
            "license_type": "essentials_plus",
            "licensed_users": "5",
            "send_link": "on",
            "email": "ida@brightwater.example",
        },
    )

    assert "not sold to this customer" in str(answer.context["form"].errors["license_type"])
    assert not Service.objects.exists()


def test_g13_a_used_type_cannot_be_switched_off(as_pia, channel, customer, olga):
    make_service(customer, olga, "brightwater", license_type="pro")

    shown = as_pia.post(page(channel), typed(channel, license_types=["essentials_plus"]))
    of_customer = as_pia.post(
        reverse("services:edit_customer", args=[customer.pk]),
        {"name": customer.name, "cloud": "worldwide", "license_types": ["essentials_plus"]},
    )

    for answer in (shown, of_customer):
        assert "brightwater (Hosted Pro)" in str(answer.context["form"].errors["license_types"])
    assert Channel.objects.get(pk=channel.pk).license_types is None
    assert Customer.objects.get().license_types is None


def test_g13_what_only_deleted_services_had_can_be_switched_off(as_pia, channel, customer, olga):
    service = make_service(customer, olga, "brightwater", license_type="pro")
    Service.objects.filter(pk=service.pk).update(state=Service.State.DELETED)

    as_pia.post(page(channel), typed(channel, license_types=["essentials_plus"]))

    assert Channel.objects.get(pk=channel.pk).license_types == ["essentials_plus"]


def test_g13_a_pending_service_keeps_the_type_it_has_and_gets_no_other_that_is_not_sold(
    as_olga, channel, customer, olga
):
    service = make_service(customer, olga, "brightwater", license_type="pro")
    Channel.objects.filter(pk=channel.pk).update(license_types=["pro"])
    address = reverse("services:edit_service", args=[service.pk])
    values = {
        "full_name": "Brightwater",
        "short_name": "brightwater",
        "licensed_users": "7",
        "m365_contact": "ida@brightwater.example",
    }

    as_olga.post(address, values | {"license_type": "pro"})
    refused = as_olga.post(address, values | {"license_type": "essentials_plus"})

    assert Service.objects.get().licensed_users == 7
    assert "license_type" in refused.context["form"].errors


@pytest.mark.django_db(transaction=True)
def test_g13_switching_off_and_adding_at_once_never_leave_a_service_that_is_not_sold(
    pia, olga, channel, customer
):
    def switch_off():
        browser = Client()
        browser.force_login(pia, "allauth.account.auth_backends.AuthenticationBackend")
        return browser.post(page(channel), typed(channel, license_types=["essentials_plus"])).status_code

    def add():
        service = Service(
            customer=customer,
            short_name="brightwater",
            full_name="Brightwater",
            license_type="pro",
            licensed_users=5,
        )
        return bool(Service.begin(service, actor_for(olga)))

    code, added = at_once(switch_off, add, expected=ValidationError)

    sells_pro = Channel.objects.get(pk=channel.pk).license_types is None
    assert (code, added, sells_pro) in [(302, ValidationError, False), (200, True, True)]
