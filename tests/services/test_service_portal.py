import pytest
from django.urls import reverse

from portal.core.journal import JournalDetail
from services.forms import ServiceForm
from services.models import Service, SipConnection
from tests.conftest import actor_for


def url_of(service):
    return reverse("services:edit_service", args=[service.pk])


def values(**changes):
    return {
        "full_name": "Brightwater Dental, all sites",
        "short_name": "brightwater",
        "license_type": "pro",
        "licensed_users": "120",
        "m365_contact": "it@b.example",
    } | changes


def page(client, service):
    return client.get(url_of(service)).content.decode()


def test_it_shows_what_the_service_is(as_olga, service):
    shown = page(as_olga, service)

    for words in (
        "brightwater",
        "Brightwater Dental, London",
        "Hosted Pro",
        "Brightwater Dental Group",
        "Nordhafen Direct",
    ):
        assert words in shown
    assert reverse("services:m365_configuration", args=[service.pk]) in shown


def test_the_short_name_and_license_of_a_created_service_cannot_be_changed(as_olga, olga, connected):
    connected.activate(actor_for(olga))

    as_olga.post(
        url_of(connected), values(short_name="other", short_key="other", license_type="essentials_plus")
    )

    connected.refresh_from_db()
    assert (connected.short_name, connected.license_type) == ("brightwater", "pro")
    assert (connected.full_name, connected.state) == ("Brightwater Dental, all sites", "active")
    assert 'name="short_name"' not in page(as_olga, connected)
    assert "stays for life" in page(as_olga, connected)


def test_a_change_is_stored_and_journalled_with_old_and_new_values(as_olga, olga, service):
    answer = as_olga.post(url_of(service), values(full_name=service.full_name))

    service.refresh_from_db()
    detail = JournalDetail.objects.select_related("entry").get(entry__verb="service.edited")
    assert answer.url == url_of(service)
    assert (service.licensed_users, service.m365_contact) == (120, "it@b.example")
    assert detail.values == {
        "licensed_users": {"old": 25, "new": 120},
        "m365_contact": {"old": "ida@brightwater.example", "new": "it@b.example"},
    }
    assert (detail.entry.operator, set(detail.entry.about)) == (
        olga, {service.pk, service.customer_id, service.app_registration_id},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"licensed_users": "0"}, "licensed_users"),
        ({"licensed_users": "501"}, "licensed_users"),
        ({"licensed_users": "many"}, "licensed_users"),
        ({"short_name": "ab"}, "short_name"),
        ({"short_name": "audit"}, "short_name"),
        ({"license_type": "free"}, "license_type"),
        ({"full_name": "two\nlines\x07"}, "full_name"),
        ({"m365_contact": "ida"}, "m365_contact"),
    ],
)
def test_what_is_not_acceptable_is_said_and_nothing_changes(as_olga, service, changes, field):
    answer = as_olga.post(url_of(service), values(**changes))

    service.refresh_from_db()
    assert (answer.status_code, list(answer.context["form"].errors)) == (200, [field])
    assert (service.full_name, service.licensed_users) == ("Brightwater Dental, London", 25)
    assert "<h1><bdi>Brightwater Dental, London</bdi></h1>" in answer.content.decode()


def test_an_edit_leaves_alone_what_others_changed_meanwhile(as_olga, olga, connected):
    stale = Service.objects.get(pk=connected.pk)
    connected.activate(actor_for(olga))
    form = ServiceForm(values(), instance=stale)

    assert form.is_valid()
    form.store(actor_for(olga))

    connected.refresh_from_db()
    assert (connected.licensed_users, connected.state) == (120, "active")


def test_the_sip_connection_is_shown_once_chosen(as_olga, service, sbc):
    assert "Not chosen yet" in page(as_olga, service)

    SipConnection(service=service, site_name="London", sbc=sbc, host_label="brightwater").save()

    shown = page(as_olga, service)
    for words in ("London", "HAM-1", "192.0.2.61", "brightwater.sbc.nordhafen.example", "DerivedTrunk"):
        assert words in shown


def test_what_remains_is_linked_once_the_service_is_active(as_olga, olga, connected):
    remains = reverse("services:onboarding_what_remains", args=[connected.pk])
    assert remains not in page(as_olga, connected)

    connected.activate(actor_for(olga))

    assert remains in page(as_olga, connected)


def test_a_ready_service_offers_add(as_olga, connected):
    assert reverse("services:onboarding_registration", args=[connected.pk]) in page(as_olga, connected)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda service, actor: None, "was invited and has not answered"),
        (lambda service, actor: service.invitation.revoke(actor), "was revoked"),
    ],
)
def test_a_service_not_connected_yet_says_why(as_olga, olga, service, change, words):
    change(service, actor_for(olga))

    assert words in page(as_olga, service)


def test_a_monitor_sees_the_facts_and_cannot_change_them(as_monica, service):
    shown = page(as_monica, service)

    assert "ida@<wbr>brightwater.example" in shown
    assert 'name="licensed_users"' not in shown
    assert as_monica.post(url_of(service), values()).status_code == 403


def test_a_stranger_s_service_does_not_exist(as_max, service):
    assert as_max.get(url_of(service)).status_code == 404
    assert as_max.post(url_of(service), values()).status_code == 404


def test_a_deleted_service_does_not_exist(as_olga, olga, service):
    service.delete_pending(actor_for(olga))

    assert as_olga.get(url_of(service)).status_code == 404


def test_signed_out_it_leads_to_sign_in(client, service):
    assert client.get(url_of(service)).url == f"{reverse('account_login')}?next={url_of(service)}"


def test_it_takes_few_queries(as_olga, service, queries_of):
    assert queries_of(as_olga, url_of(service)) <= 8
