"""A pending service is edited: names, license and users, until it is created."""

import pytest
from django.urls import reverse

from portal.core.journal import JournalDetail
from services.models import Service, SipConnection
from services.onboarding.pending_service import TOO_LATE, PendingServiceForm
from tests.concurrency import at_once
from tests.conftest import actor_for, make_service
from tests.services.test_service_portal import page, url_of, values

pytestmark = pytest.mark.django_db


def edited():
    return JournalDetail.objects.filter(entry__verb="service.edited").latest("entry__created_at").values


@pytest.fixture
def with_label(service, sbc):
    """Makes the SIP connection with this host label."""
    return lambda label: SipConnection.objects.create(
        service=service, site_name="London", sbc=sbc, host_label=label
    )


def test_names_license_and_users_change_and_are_journalled_with_old_and_new_values(as_olga, service):
    as_olga.post(
        url_of(service),
        values(short_name="Bright_2", license_type="essentials_plus", m365_contact="ida@brightwater.example"),
    )

    service.refresh_from_db()
    assert (service.short_name, service.short_key) == ("Bright_2", "bright_2")
    assert (service.full_name, service.license_type, service.licensed_users) == (
        "Brightwater Dental, all sites", "essentials_plus", 120,
    )  # fmt: skip
    assert edited() == {
        "full_name": {"old": "Brightwater Dental, London", "new": "Brightwater Dental, all sites"},
        "short_name": {"old": "brightwater", "new": "Bright_2"},
        "license_type": {"old": "pro", "new": "essentials_plus"},
        "licensed_users": {"old": 25, "new": 120},
    }


def test_its_own_short_name_in_other_letters_is_no_clash(as_olga, service):
    as_olga.post(url_of(service), values(short_name="BrightWater"))

    service.refresh_from_db()
    assert (service.short_name, service.short_key) == ("BrightWater", "brightwater")


def test_an_empty_full_name_becomes_the_short_name(as_olga, service):
    as_olga.post(url_of(service), values(full_name="", short_name="bright_2"))

    service.refresh_from_db()
    assert service.full_name == "bright_2"


def test_a_short_name_in_use_in_any_channel_is_refused_and_nobody_s_name_told(
    as_olga, service, max_, other_channel
):
    from services.models import Customer

    make_service(Customer.objects.create(channel=other_channel, name="Secret Ltd"), max_, "tidewell")

    answer = as_olga.post(url_of(service), values(short_name="TIDEWELL"))

    assert answer.context["form"].errors == {"short_name": ["This short name is in use already."]}
    assert "Secret Ltd" not in answer.content.decode()


def test_the_host_label_follows_the_short_name(as_olga, service, with_label):
    connection = with_label("brightwater")

    as_olga.post(url_of(service), values(short_name="Bright_2"))

    connection.refresh_from_db()
    assert connection.host_label == "bright-2"
    assert edited()["host_label"] == {"old": "brightwater", "new": "bright-2"}


def test_a_half_entered_host_label_follows_too_unless_it_was_chosen_by_hand(as_olga, service):
    service.keep("sip", {"site_name": "Kiel", "host_label": "brightwater"})
    as_olga.post(url_of(service), values(short_name="Bright_2"))
    service.refresh_from_db()
    followed = service.kept["sip"]["host_label"]
    service.keep("sip", {"host_label": "london"})
    as_olga.post(url_of(service), values(short_name="Bright_3"))

    service.refresh_from_db()
    assert (followed, service.kept["sip"]["host_label"]) == ("bright-2", "london")


def test_a_host_label_that_was_chosen_by_hand_stays(as_olga, service, with_label):
    connection = with_label("london")

    as_olga.post(url_of(service), values(short_name="Bright_2"))

    connection.refresh_from_db()
    assert connection.host_label == "london"


def test_a_host_label_stays_where_the_new_one_is_taken(as_olga, olga, customer, service, with_label, sbc):
    other = make_service(customer, olga, "tidewell")
    SipConnection.objects.create(service=other, site_name="Kiel", sbc=sbc, host_label="bright-2")
    connection = with_label("brightwater")

    as_olga.post(url_of(service), values(short_name="Bright_2"))

    connection.refresh_from_db()
    service.refresh_from_db()
    assert (service.short_name, connection.host_label) == ("Bright_2", "brightwater")


def test_who_saves_after_it_was_created_is_told_and_changes_nothing(olga, connected):
    stale = Service.objects.get(pk=connected.pk)
    connected.activate(actor_for(olga))
    form = PendingServiceForm(values(short_name="late"), instance=stale)

    assert form.is_valid()
    assert not form.stored(actor_for(olga))

    connected.refresh_from_db()
    assert (connected.short_name, connected.licensed_users) == ("brightwater", 25)
    assert form.non_field_errors() == [TOO_LATE]


def test_the_wizard_s_registration_page_leads_there_and_back(as_olga, connected):
    registration = reverse("services:onboarding_registration", args=[connected.pk])
    edit = f"{url_of(connected)}?next={registration}"

    assert f'href="{edit}">Edit' in as_olga.get(registration).content.decode()
    assert as_olga.post(edit, values()).url == registration
    assert as_olga.post(f"{url_of(connected)}?next=//evil.example", values()).url == url_of(connected)


def test_the_next_link_carries_the_new_name(as_olga, olga, service):
    as_olga.post(url_of(service), values(full_name="Brightwater, Kiel"))
    Service.objects.with_connection().get(pk=service.pk).invite_again(
        "ida@brightwater.example", actor_for(olga)
    )

    service.invitation.refresh_from_db()
    assert service.invitation.service_name == "Brightwater, Kiel"


def test_others_may_not_edit_it(as_max, as_monica, client, service):
    answers = [one.post(url_of(service), values()).status_code for one in (as_max, as_monica, client)]

    assert answers == [404, 403, 302]
    assert 'name="short_name"' not in page(as_monica, service)


@pytest.mark.django_db(transaction=True)
def test_of_two_renamed_alike_at_once_one_wins_and_the_other_is_told_beside_the_field(olga, customer):
    for _ in range(5):
        Service.objects.filter(short_name="same").update(
            short_name="former", short_key="former", state="deleted"
        )
        pair = [make_service(customer, olga, name, invite=None) for name in ("first", "second")]
        forms = [PendingServiceForm(values(short_name="same"), instance=one) for one in pair]
        assert [form.is_valid() for form in forms] == [True, True]

        stored = at_once(*[lambda form=form: form.stored(actor_for(olga)) for form in forms])

        refused = forms[stored.index(False)]
        assert sorted(stored) == [False, True]
        assert refused.errors == {"short_name": ["This short name is in use already."]}
        Service.objects.exclude(short_name="same").update(state="deleted")
