"""The sign-in ends in the middle of something: what became of it is said, and it goes on where it stood."""

import pytest
from django.urls import reverse

from services.models import OnboardingDraft
from tests.signing_in import sign_in

SIGN_IN = reverse("account_login")
HERE = "http://testserver"
TOLD = "what you just sent was not stored, and nothing was changed"


@pytest.fixture
def tenant_page(as_olga, olga, customer):
    """The form Add New Tenant, half filled in, left and opened again; then the session ends."""
    OnboardingDraft.choose(olga, customer).keep({"full_name": "Brightwater, London", "send_link": "on"})
    url = reverse("services:onboarding_tenant")
    assert as_olga.get(url).status_code == 200
    as_olga.session.flush()
    return url


def test_a_form_that_was_sent_too_late_is_told_so_and_the_wizard_goes_on_with_what_was_kept(
    client, olga, tenant_page
):
    late = client.post(tenant_page, {"full_name": "Lost"}, headers={"Referer": HERE + tenant_page})
    assert (late.status_code, late["Location"]) == (302, f"{SIGN_IN}?next={tenant_page}")
    assert TOLD in client.get(late["Location"]).content.decode()

    back = sign_in(client, olga, next=tenant_page)

    assert back["Location"] == tenant_page
    page = client.get(tenant_page).content.decode()
    assert "Brightwater, London" in page
    assert "Lost" not in page
    assert TOLD not in page


def test_from_an_address_that_is_no_page_it_leads_back_to_the_page_of_the_form(client, tenant_page):
    answer = client.post(
        reverse("services:onboarding_select"),
        headers={"Referer": f"{HERE}/services/add/direct-routing/?q=m#selected"},
    )

    assert answer["Location"] == f"{SIGN_IN}?next=/services/add/direct-routing/%3Fq%3Dm"


@pytest.mark.parametrize(
    "referrer", ["https://evil.example/services/", "//evil.example", "", "nonsense", "http://[::1"]
)
def test_t14_a_referrer_that_is_not_ours_leads_to_the_dashboard(client, db, referrer):
    answer = client.post(reverse("services:onboarding_select"), headers={"Referer": referrer})

    assert answer["Location"] == f"{SIGN_IN}?next={reverse('dashboard')}"


def test_who_only_looks_is_told_nothing_and_comes_back_to_that_page(client, tenant_page):
    answer = client.get(tenant_page)

    assert answer["Location"] == f"{SIGN_IN}?next={tenant_page}"
    assert TOLD not in client.get(answer["Location"]).content.decode()


def test_the_address_of_values_that_were_refused_leads_back_to_their_form(as_olga, olga, customer):
    from tests.conftest import make_service

    service = make_service(customer, olga, "known", invite=None)

    answer = as_olga.get(reverse("services:onboarding_values", args=[service.pk]))

    assert answer["Location"] == reverse("services:onboarding_registration", args=[service.pk])
