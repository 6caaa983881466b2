import pytest
from django.urls import reverse

from portal.core.roles import Role
from tests.conftest import actor_for, connect, make_operator, make_service
from tests.services.conftest import ended, in_days, signed_in

URL = reverse("services:services")
ADD_SERVICE = reverse("services:onboarding")


def page(client, query=""):
    return client.get(URL + query).content.decode()


def test_the_list_says_what_each_service_is_and_how_it_is(as_olga, olga, service):
    connect(service, not_after=in_days(199))
    service.activate(actor_for(olga))
    ended(service, olga, signed_in())

    shown = page(as_olga)

    for words in (
        "brightwater",
        "Brightwater Dental, London",
        "Nordhafen Direct",
        "Hosted Pro",
        ">25<",
        "199",
    ):
        assert words in shown
    assert "Deployed / <b>OK</b>" in shown
    assert reverse("services:edit_service", args=[service.pk]) in shown


def test_a_ready_service_offers_add_and_a_waiting_one_does_not(as_olga, olga, customer, connected):
    waiting = make_service(customer, olga, "waiting")

    shown = page(as_olga)

    assert "Pending / <b>Ready</b>" in shown
    assert "Pending / <b>Waiting</b>" in shown
    assert reverse("services:onboarding_registration", args=[connected.pk]) in shown
    assert reverse("services:onboarding_registration", args=[waiting.pk]) not in shown


def test_add_service_leads_to_direct_routing(as_olga, service):
    shown = page(as_olga)

    assert "Add Service" in shown
    assert f'href="{ADD_SERVICE}"' in shown


def test_who_may_not_add_services_sees_no_way_to_and_gets_403_there(as_monica, connected):
    shown = page(as_monica)

    assert "brightwater" in shown
    assert "Add Service" not in shown
    assert reverse("services:onboarding_registration", args=[connected.pk]) not in shown
    assert as_monica.get(ADD_SERVICE).status_code == 403


def test_add_is_offered_only_in_channels_where_the_operator_may(client, connected, channel, other_channel):
    both = make_operator("both@nordhafen.example", channel, Role.MONITOR)
    both.memberships.create(channel=other_channel, role=Role.OPERATOR)
    client.force_login(both)

    shown = page(client)

    assert "Add Service" in shown
    assert reverse("services:onboarding_registration", args=[connected.pk]) not in shown


def test_another_channels_services_are_not_there(as_max, service):
    assert "brightwater" not in page(as_max)
    assert "brightwater" not in page(as_max, "?q=bright")


def test_signed_out_it_leads_to_sign_in(client, db):
    answer = client.get(URL)

    assert (answer.status_code, answer.url) == (302, f"{reverse('account_login')}?next={URL}")


def test_the_first_visit_says_what_a_service_is_and_how_to_begin(as_olga):
    shown = page(as_olga)

    assert "No service yet" in shown
    assert f'href="{ADD_SERVICE}"' in shown
    assert f'href="{reverse("services:add_customer")}"' in shown


def test_somebody_who_may_not_add_is_offered_nothing_to_add(as_monica):
    shown = page(as_monica)

    assert "No service yet" in shown
    assert "Add" not in shown.split("<main")[1]


@pytest.mark.parametrize("text", ["MÖWE", "mo\u0308we", "fleet", "Reederei", " möwe "])
def test_search_finds_names_of_services_and_customers(as_olga, olga, customer, text):
    customer.name = "Möwe Reederei"
    customer.save()
    make_service(customer, olga, "möwe", full_name="Fleet and offices")

    answer = as_olga.get(URL, {"q": text})

    assert [row["service"].short_name for row in answer.context["rows"]] == ["möwe"]


@pytest.mark.parametrize("text", ["zzz", "\0", "%", "_", "<script>", "ö" * 300])
def test_search_for_what_nobody_has_finds_nothing_and_says_so(as_olga, service, text):
    answer = as_olga.get(URL, {"q": text})

    assert answer.status_code == 200
    if text != "\0":
        assert "No service has" in answer.content.decode()


def test_deleted_services_are_gone(as_olga, olga, service):
    service.delete_pending(actor_for(olga))

    assert "No service yet" in page(as_olga)


def test_three_services_take_as_many_queries_as_one(as_olga, olga, customer, queries_of):
    connect(make_service(customer, olga, "one"), in_days(100))
    with_one = queries_of(as_olga, URL)
    for name in ("two", "three"):
        connect(make_service(customer, olga, name), in_days(100))

    assert queries_of(as_olga, URL) == with_one <= 8
