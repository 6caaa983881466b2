"""The list of customers: what it tells of each, by how many queries, and what its search finds."""

import pytest
from django.urls import reverse

from m365.models import ConnectionState
from services.models import Customer
from tests.conftest import make_service

URL = reverse("services:customers")
TENANT = "27c9d3a4-0b1e-4f6a-8c55-e19f7a60d2b8"


def test_the_list_shows_channel_tenant_and_number_of_services(as_olga, olga, customer, service):
    customer.tenant_id = TENANT
    customer.save()
    make_service(customer, olga, "second")

    [row] = as_olga.get(URL).context["rows"]

    assert (row["customer"], row["customer"].service_count, row["may_edit"]) == (customer, 2, True)
    assert TENANT in as_olga.get(URL).content.decode()


@pytest.mark.parametrize("text", ["dental", "27c9d3a4", "27C9D3A4-0B1E"])
def test_search_finds_name_and_tenant(as_olga, customer, text):
    customer.tenant_id = TENANT
    customer.save()

    assert len(as_olga.get(URL, {"q": text}).context["rows"]) == 1
    assert "No customer has" in as_olga.get(URL, {"q": "zzz"}).content.decode()


def test_three_customers_take_as_many_queries_as_one(as_olga, olga, channel, customer, queries_of):
    make_service(customer, olga, "one")
    with_one = queries_of(as_olga, URL)
    for name in ("two", "three"):
        make_service(Customer.objects.create(channel=channel, name=name), olga, name)

    assert queries_of(as_olga, URL) == with_one <= 8


def test_g08_the_list_tells_the_worst_of_a_customers_services_and_its_tenants(
    as_olga, olga, customer, connected
):
    make_service(customer, olga, "another")

    row = as_olga.get(URL).context["rows"][0]
    text = as_olga.get(URL).content.decode()

    connection = connected.app_registration
    assert (row["standing"].deployed, row["standing"].status) == ("Pending", "Ready")
    assert row["standing"].reason == "1 of 2 services"
    assert [tenant.id for tenant in row["standing"].tenants] == [connection.tenant_id]
    assert str(connection.tenant_id) in text
    assert row["customer"].service_count == 2


@pytest.mark.parametrize("state", ["broken", "active"])
def test_g08_a_broken_service_comes_before_all_others(as_olga, olga, customer, connected, state):
    registration = connected.app_registration
    type(connected).objects.filter(pk=connected.pk).update(state="active")
    if state == "broken":
        type(registration).objects.filter(pk=registration.pk).update(state=ConnectionState.SECRET_REJECTED)

    standing = as_olga.get(URL).context["rows"][0]["standing"]

    assert (standing.status == "Error") == (state == "broken")


def test_g08_a_customer_without_a_service_has_no_state(as_olga, customer):
    assert "no service" in as_olga.get(URL).content.decode()
