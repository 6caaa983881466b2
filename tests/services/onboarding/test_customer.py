"""The wizard's first page."""

import pytest

from services.models import Customer, OnboardingDraft
from tests.conftest import connect, make_service
from tests.services.onboarding.conftest import url

pytestmark = pytest.mark.django_db


def test_only_customers_in_scope_are_offered(as_olga, customer, other_channel):
    Customer.objects.create(channel=other_channel, name="Somebody Else")

    page = as_olga.get(url("onboarding"))

    assert [row.name for row in page.context["page"].rows] == ["Brightwater Dental Group"]
    assert "Somebody Else" not in page.content.decode()


def test_customers_are_found_by_a_part_of_their_name(as_olga, customer, channel):
    Customer.objects.create(channel=channel, name="Tidewell Care")

    page = as_olga.get(url("onboarding"), {"q": "tide"})

    assert [row.name for row in page.context["page"].rows] == ["Tidewell Care"]


def test_a_search_that_no_database_can_store_finds_nothing_and_harms_nothing(as_olga, customer):
    assert as_olga.get(url("onboarding"), {"q": "bri\0ght"}).status_code == 200


def test_next_is_impossible_until_a_customer_is_selected(as_olga, customer):
    page = as_olga.get(url("onboarding")).content.decode()
    skipped = as_olga.get(url("onboarding_tenant"))

    assert 'aria-disabled="true" aria-describedby="select-first">Add New Tenant' in page
    assert skipped["Location"] == url("onboarding")


def test_a_selected_customer_is_shown_and_leads_to_the_tenant_form(as_olga, olga, customer):
    answer = as_olga.post(url("onboarding_select"), {"customer": str(customer.pk)}, follow=True)

    assert OnboardingDraft.of(olga).customer == customer
    assert f'href="{url("onboarding_tenant")}">Add New Tenant' in answer.content.decode()


@pytest.mark.parametrize("wanted", ["", "not-an-id", "00000000-0000-0000-0000-000000000000"])
def test_a_customer_that_does_not_exist_cannot_be_selected(as_olga, customer, wanted):
    assert as_olga.post(url("onboarding_select"), {"customer": wanted}).status_code == 404


def test_another_channels_customer_cannot_be_selected(as_max, customer):
    assert as_max.post(url("onboarding_select"), {"customer": str(customer.pk)}).status_code == 404
    assert not OnboardingDraft.objects.exists()


def test_selecting_another_customer_keeps_what_was_typed_under_a_new_draft(olga, customer, channel):
    former = OnboardingDraft.choose(olga, customer)
    former.keep({"short_name": "brightwater"})

    other = OnboardingDraft.choose(olga, Customer.objects.create(channel=channel, name="Tidewell Care"))

    assert other.pk != former.pk
    assert other.values["short_name"] == "brightwater"
    assert OnboardingDraft.objects.get() == other


def test_what_came_from_the_former_customers_record_does_not_move_to_the_other_one(
    as_olga, olga, customer, channel
):
    Customer.objects.filter(pk=customer.pk).update(contact_email="ruth@brightwater.example")
    tidewell = Customer.objects.create(
        channel=channel, name="Tidewell Care", contact_email="joan@tidewell.example"
    )
    former = OnboardingDraft.choose(olga, Customer.objects.get(pk=customer.pk))
    former.keep({"short_name": "tidewell", "email": "ruth@brightwater.example", "send_link": "on"})

    OnboardingDraft.choose(olga, tidewell)

    form = as_olga.get(url("onboarding_tenant")).context["form"]
    assert (form["email"].value(), form["short_name"].value()) == ("joan@tidewell.example", "tidewell")


def test_names_are_found_however_their_letters_are_composed(as_olga, channel):
    Customer.objects.create(channel=channel, name="M\N{LATIN SMALL LETTER O WITH DIAERESIS}we Reederei")

    page = as_olga.get(url("onboarding"), {"q": "Mo\N{COMBINING DIAERESIS}we"})

    assert len(page.context["page"].rows) == 1


def test_a_draft_begun_earlier_can_be_continued_or_discarded(as_olga, olga, draft):
    draft.keep({"short_name": "brightwater"})

    page = as_olga.get(url("onboarding")).content.decode()
    as_olga.post(url("onboarding_discard"))

    assert "You began a service for" in page
    assert OnboardingDraft.of(olga) is None


def test_pending_invitations_are_there_at_once_and_only_authenticated_ones_can_be_added(
    as_olga, olga, customer
):
    waiting = make_service(customer, olga, "waiting")
    finished = connect(make_service(customer, olga, "finished"))

    page = as_olga.get(url("onboarding")).content.decode()

    assert f'href="{url("onboarding_registration", finished)}">Add' in page
    assert url("onboarding_registration", waiting) not in page
    assert "Authentication Complete" in page


def test_pending_invitations_follow_the_selected_customer_until_all_are_asked_for(
    as_olga, olga, customer, channel, draft
):
    make_service(customer, olga, "mine")
    make_service(Customer.objects.create(channel=channel, name="Tidewell Care"), olga, "tidewell")

    of_one = as_olga.get(url("onboarding"))
    of_all = as_olga.get(url("onboarding"), {"pending": "all"})

    assert [row.service.short_name for row in of_one.context["rows"]] == ["mine"]
    assert [row.service.short_name for row in of_all.context["rows"]] == ["tidewell", "mine"]


def test_the_page_takes_as_many_queries_for_three_rows_as_for_one(
    as_olga, olga, customer, channel, draft, queries_of
):
    make_service(customer, olga, "first")
    one = queries_of(as_olga, url("onboarding"))
    for number in (2, 3):
        Customer.objects.create(channel=channel, name=f"Customer {number}")
        connect(make_service(customer, olga, f"service-{number}"))

    assert queries_of(as_olga, url("onboarding")) == one <= 9
