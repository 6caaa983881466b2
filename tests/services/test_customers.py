import uuid
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from portal.core.journal import JournalDetail, JournalEntry
from portal.core.roles import Role
from services.models import Customer
from tests.conftest import make_operator, make_service
from tests.signing_in import freshly

URL, ADD = reverse("services:customers"), reverse("services:add_customer")
TENANT = "27c9d3a4-0b1e-4f6a-8c55-e19f7a60d2b8"


SHARED = "The tenant ID is in use for another customer, too."


def edit_url(customer):
    return reverse("services:edit_customer", args=[customer.pk])


def contact_url(customer):
    return reverse("services:customer_contact", args=[customer.pk])


def services_url(customer):
    return reverse("services:customer_services", args=[customer.pk])


BOTH = ["essentials_plus", "pro"]


def values(channel, **changes):
    return {
        "name": "Möwe Reederei",
        "description": "Shipping",
        "channel": channel.pk,
        "tenant_id": TENANT,
        "cloud": "worldwide",
        "license_types": BOTH,
        "contact_name": "Nils Borg",
        "contact_email": "it@moewe.example",
        "second_email": "",
        "contact_phone": "+49 40 5550 123",
        "second_phone": "",
    } | changes


def errors_of(answer):
    return {
        field: [error.code for error in errors.as_data()]
        for field, errors in answer.context["form"].errors.items()
    }


def test_adding_one_stores_what_was_typed_and_journals_it(as_olga, channel):
    answer = as_olga.post(ADD, values(channel, tenant_id=f" {{{TENANT.upper()}}} "))

    added = Customer.objects.get()
    assert (answer.status_code, answer.url) == (302, URL)
    assert (added.name, added.channel, str(added.tenant_id)) == ("Möwe Reederei", channel, TENANT)
    detail = JournalDetail.objects.select_related("entry").get()
    assert (detail.entry.verb, detail.entry.about) == ("customer.added", [added.pk])
    assert detail.values["name"] == {"old": None, "new": "Möwe Reederei"}
    assert detail.values["tenant_id"] == {"old": None, "new": TENANT}


def test_only_the_name_is_needed_where_there_is_one_channel(as_olga, channel):
    form = as_olga.get(ADD).context["form"]

    assert form["channel"].value() == channel.pk
    assert (
        as_olga.post(ADD, {"name": "Kestrel", "channel": channel.pk, "cloud": "worldwide"}).status_code == 302
    )


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"name": ""}, {"name": ["required"]}),
        ({"name": "two\nlines\x07"}, {"name": ["control"]}),
        ({"tenant_id": "27c9d3a4"}, {"tenant_id": ["malformed_tenant"]}),
        ({"tenant_id": "it@moewe.example"}, {"tenant_id": ["email_for_id"]}),
        ({"tenant_id": str(uuid.UUID(int=0))}, {"tenant_id": ["nobodys_tenant"]}),
        ({"contact_email": "nils"}, {"contact_email": ["invalid"]}),
        ({"channel": str(uuid.uuid4())}, {"channel": ["invalid_choice"]}),
        ({"channel": "x"}, {"channel": ["invalid"]}),
        ({"cloud": "mars"}, {"cloud": ["invalid_choice"]}),
    ],
)
def test_what_is_not_acceptable_is_said_and_the_rest_is_kept(as_olga, channel, changes, errors):
    answer = as_olga.post(ADD, values(channel) | changes)

    assert answer.status_code == 200
    assert errors_of(answer) == errors
    assert 'value="Nils Borg"' in answer.content.decode()
    assert Customer.objects.count() == JournalEntry.objects.count() == 0


def test_a_name_is_taken_once_in_a_channel(as_olga, channel, customer):
    answer = as_olga.post(ADD, values(channel, name=customer.name))

    assert errors_of(answer) == {"name": ["taken"]}


def test_another_channels_name_may_be_used_again(as_max, other_channel, customer):
    assert as_max.post(ADD, values(other_channel, name=customer.name)).status_code == 302


def test_only_channels_where_the_operator_may_edit_can_be_chosen(client, channel, other_channel):
    both = make_operator("both@nordhafen.example", channel, Role.MONITOR)
    both.memberships.create(channel=other_channel, role=Role.OPERATOR)
    client.force_login(both)

    assert list(client.get(ADD).context["form"].fields["channel"].queryset) == [other_channel]
    assert errors_of(client.post(ADD, values(channel))) == {"channel": ["invalid_choice"]}


def test_the_provider_chooses_among_all_channels(client, pia, channel, other_channel):
    client.force_login(pia)

    assert list(client.get(ADD).context["form"].fields["channel"].queryset) == [channel, other_channel]


@pytest.mark.parametrize(
    ("wanted", "lands_on"),
    [
        ("/services/add/direct-routing/", "/services/add/direct-routing/"),
        ("/services/add/direct-routing/?q=m", "/services/add/direct-routing/?q=m"),
        ("https://evil.example/", URL),
        ("//evil.example/", URL),
        ("/\\evil.example/", URL),
        ("javascript:alert(1)", URL),
        ("services/", URL),
        ("", URL),
    ],
)
def test_afterwards_it_goes_back_to_a_path_of_this_portal_and_nowhere_else(
    as_olga, channel, wanted, lands_on
):
    answer = as_olga.post(f"{ADD}?{urlencode({'next': wanted})}", values(channel))

    assert answer.url == lands_on


def test_editing_journals_old_and_new_of_what_changed_and_of_nothing_else(as_olga, customer):
    answer = as_olga.post(
        contact_url(customer), {"contact_name": "Nils Borg", "contact_email": "it@moewe.example"}
    )

    customer.refresh_from_db()
    detail = JournalDetail.objects.select_related("entry").get()
    assert (answer.status_code, answer.url) == (302, contact_url(customer))
    assert (customer.contact_name, customer.name) == ("Nils Borg", "Brightwater Dental Group")
    assert (detail.entry.verb, detail.entry.about) == ("customer.edited", [customer.pk])
    assert detail.values == {
        "contact_name": {"old": "", "new": "Nils Borg"},
        "contact_email": {"old": "", "new": "it@moewe.example"},
    }


def test_company_and_contact_do_not_touch_each_other(as_olga, channel, customer):
    as_olga.post(contact_url(customer), values(channel, name="Another"))
    as_olga.post(edit_url(customer), values(channel, contact_name="Another"))

    customer.refresh_from_db()
    assert (customer.name, customer.contact_name) == ("Möwe Reederei", "Nils Borg")


def test_a_contact_that_is_no_address_is_refused_and_the_rest_is_kept(as_olga, channel, customer):
    answer = as_olga.post(contact_url(customer), values(channel, second_email="nils"))

    customer.refresh_from_db()
    assert errors_of(answer) == {"second_email": ["invalid"]}
    assert 'value="Nils Borg"' in answer.content.decode()
    assert customer.contact_name == ""


def test_the_services_of_a_customer_are_listed_and_no_others(as_olga, olga, channel, customer, service):
    make_service(Customer.objects.create(channel=channel, name="Kestrel"), olga, "kestrel")

    answer = as_olga.get(services_url(customer))

    assert [row["service"] for row in answer.context["rows"]] == [service]
    assert reverse("services:edit_service", args=[service.pk]) in answer.content.decode()
    assert "Customer, channel" not in answer.content.decode()  # it is that of the page


def test_a_customer_without_services_says_so_and_offers_the_next_step(as_olga, customer):
    page = as_olga.get(services_url(customer)).content.decode()

    assert "No service yet" in page
    assert reverse("services:onboarding_select") in page


def test_saving_without_a_change_journals_nothing(as_olga, channel, customer):
    as_olga.post(edit_url(customer), {"name": customer.name, "cloud": "worldwide", "license_types": BOTH})

    assert JournalEntry.objects.count() == 0


def test_a_customer_stays_in_its_channel(client, pia, customer, channel, other_channel):
    client.force_login(pia)
    freshly(client)

    client.post(edit_url(customer), values(other_channel))

    customer.refresh_from_db()
    assert (customer.name, customer.channel) == ("Möwe Reederei", channel)


def test_an_invalid_edit_changes_nothing_and_keeps_the_heading(as_olga, channel, customer):
    answer = as_olga.post(edit_url(customer), values(channel, name="New", tenant_id="x"))

    customer.refresh_from_db()
    assert customer.name == "Brightwater Dental Group"
    assert "<bdi>Brightwater Dental Group</bdi></h1>" in answer.content.decode().replace("\n", "")


def test_a_stranger_s_customer_does_not_exist(as_max, customer, other_channel):
    assert customer.name not in as_max.get(URL).content.decode()
    for url in (edit_url(customer), contact_url(customer), services_url(customer)):
        assert as_max.get(url).status_code == 404
        assert as_max.post(url, values(other_channel)).status_code == 404


def test_a_monitor_reads_all_of_a_customer_and_can_change_none_of_it(as_monica, customer, channel):
    customer.contact_email = "ruth@brightwater.example"
    customer.save()

    assert ADD not in as_monica.get(URL).content.decode()
    assert [as_monica.get(ADD).status_code, as_monica.post(ADD, values(channel)).status_code] == [403, 403]
    for url in (edit_url(customer), contact_url(customer)):
        page = as_monica.get(url).content.decode()
        assert customer.name in page
        assert 'name="contact_name"' not in page
        assert 'name="description"' not in page
        assert as_monica.post(url, values(channel)).status_code == 403
    assert "ruth@" in as_monica.get(contact_url(customer)).content.decode()
    assert reverse("services:onboarding_select") not in as_monica.get(services_url(customer)).content.decode()


def test_who_may_edit_elsewhere_may_not_edit_here(client, customer, channel, other_channel):
    both = make_operator("both@nordhafen.example", channel, Role.MONITOR)
    both.memberships.create(channel=other_channel, role=Role.OPERATOR)
    client.force_login(both)

    assert client.post(edit_url(customer), values(channel)).status_code == 403
    assert 'name="description"' not in client.get(edit_url(customer)).content.decode()


def test_signed_out_every_page_leads_to_sign_in(client, customer):
    for url in (URL, ADD, edit_url(customer), contact_url(customer), services_url(customer)):
        assert client.get(url).url == f"{reverse('account_login')}?next={url}"


def test_a_customer_s_three_services_take_as_many_queries_as_one(as_olga, olga, customer, queries_of):
    make_service(customer, olga, "one")
    with_one = queries_of(as_olga, services_url(customer))
    for name in ("two", "three"):
        make_service(customer, olga, name)

    assert queries_of(as_olga, services_url(customer)) == with_one <= 8
