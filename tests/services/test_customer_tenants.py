"""The tenant recorded on a customer: whose else it is, and what expects it."""

import pytest

from services.models import Customer
from tests.conftest import connect, make_service
from tests.services.test_customers import (
    ADD,
    SHARED,
    TENANT,
    edit_url,
    values,
)

pytestmark = pytest.mark.django_db


def test_a_tenant_recorded_on_another_customer_is_pointed_out_when_added_and_on_the_page_of_each(
    as_olga, channel, customer
):
    customer.tenant_id = TENANT
    customer.save()

    assert SHARED in as_olga.post(ADD, values(channel), follow=True).content.decode()
    for each in Customer.objects.all():
        assert SHARED in as_olga.get(edit_url(each)).content.decode()


def test_so_is_one_that_another_customer_has_connected(as_olga, channel, connected):
    tenant_id = connected.app_registration.tenant_id

    answer = as_olga.post(ADD, values(channel, tenant_id=tenant_id), follow=True)

    assert SHARED in answer.content.decode()


def test_whose_tenant_it_is_stays_untold(as_max, other_channel, customer):
    customer.tenant_id = TENANT
    customer.save()

    page = as_max.post(ADD, values(other_channel), follow=True).content.decode()

    assert SHARED in page
    assert customer.name not in page
    assert "Nordhafen" not in page


def test_a_tenant_of_its_own_is_no_reason_for_a_warning(as_olga, channel, connected):
    customer = connected.customer
    customer.tenant_id = connected.app_registration.tenant_id
    customer.save()

    assert SHARED not in as_olga.get(edit_url(customer)).content.decode()


def test_a_corrected_tenant_is_expected_of_services_not_connected_yet(
    as_olga, olga, channel, customer, service
):
    done = connect(make_service(customer, olga, "done"))

    as_olga.post(edit_url(customer), values(channel, cloud="gcc_high"))

    for row in (service, done):
        row.app_registration.refresh_from_db()
    assert (str(service.app_registration.expected_tenant_id), service.app_registration.cloud) == (
        TENANT,
        "gcc_high",
    )
    assert (done.app_registration.expected_tenant_id, done.app_registration.cloud) == (None, "worldwide")
