"""Add New Tenant: names, license, users, and how the tenant is authenticated."""

import pytest

from invitations.models import Invitation
from m365.models import Credential, Validation
from m365.tasks import drain_validations
from portal.core.outbox import OutboxMail
from portal.core.tasks import drain_mail
from services.models import Customer, OnboardingDraft, Service
from tests.conftest import make_service
from tests.services.onboarding.conftest import only_service, url

pytestmark = pytest.mark.django_db


def errors(answer):
    return {name: list(found) for name, found in answer.context["form"].errors.items()}


def test_a_ticked_box_makes_service_and_invitation_and_mails_the_link(as_olga, olga, typed, mailbox):
    answer = as_olga.post(url("onboarding_tenant"), typed())
    drain_mail()

    service = only_service()
    assert answer["Location"] == url("onboarding_sent", service)
    assert (service.state, service.short_name, service.full_name, service.license_type) == (
        "pending",
        "brightwater",
        "Brightwater Dental, London",
        "pro",
    )
    assert (service.licensed_users, service.m365_contact) == (120, "ida@brightwater.example")
    assert service.invitation.invited_by == olga
    assert [mail.to for mail in mailbox.mails] == [["ida@brightwater.example"]]
    assert "ida@" in as_olga.get(answer["Location"]).content.decode()


def test_the_draft_ends_with_the_service_that_takes_over_its_id(as_olga, typed, draft):
    as_olga.post(url("onboarding_tenant"), typed())

    assert (only_service().pk, OnboardingDraft.objects.count()) == (draft.pk, 0)


def test_the_same_form_sent_again_leads_to_the_service_of_the_first_time(as_olga, typed):
    first = as_olga.post(url("onboarding_tenant"), typed())
    second = as_olga.post(url("onboarding_tenant"), typed())

    assert second["Location"] == first["Location"]
    assert (Service.objects.count(), Invitation.objects.count(), OutboxMail.objects.count()) == (1, 1, 1)


def test_a_second_service_typed_into_the_form_of_the_first_is_kept_for_a_look_and_another_next(
    as_olga, typed, customer
):
    as_olga.post(url("onboarding_tenant"), typed())
    answer = as_olga.post(url("onboarding_tenant"), typed(short_name="bright-2"), follow=True)

    assert only_service().short_name == "brightwater"
    assert "That form had made brightwater already, so nothing was sent." in answer.content.decode()
    form = answer.context["form"]
    assert (form["short_name"].value(), form["licensed_users"].value()) == ("bright-2", "120")
    as_olga.post(url("onboarding_tenant"), typed(short_name="bright-2", draft=str(form["draft"].value())))
    assert Service.objects.filter(customer=customer).count() == 2


@pytest.mark.parametrize(
    ("name", "messages"),
    [
        ("ab", ["It has 2 characters; at least 3 are needed."]),
        ("a" * 16, ["It has 16 characters; at most 15 are possible."]),
        ("bright.1", ["It has a dot."]),
        ("bright 1", ["It has a blank. Take - or _ instead."]),
        (" bright", ["It has a blank. Take - or _ instead."]),
        ("Audit", ["“audit” is reserved."]),
        ("b c.d", ["It has a dot.", "It has a blank. Take - or _ instead."]),
        ("", ["Enter a short name."]),
        *[(f"bri{sign}ght", [f"It has {sign}, which cannot be used."]) for sign in '\\/:*?"<>|'],
    ],
)
def test_each_broken_rule_of_the_short_name_has_its_own_message(as_olga, typed, name, messages):
    answer = as_olga.post(url("onboarding_tenant"), typed(short_name=name))

    assert errors(answer) == {"short_name": messages}
    assert not Service.objects.exists()


@pytest.mark.parametrize("name", ["abc", "a" * 15, "o'neil-$x`", "žluťoučký"])
def test_legal_short_names_are_taken(as_olga, typed, name):
    as_olga.post(url("onboarding_tenant"), typed(short_name=name))

    assert only_service().short_name == name


def test_a_short_name_in_use_is_refused_without_telling_whose_it_is(as_olga, max_, other_channel, typed):
    foreign = Customer.objects.create(channel=other_channel, name="Somebody Else")
    make_service(foreign, max_, "BrightWater")

    answer = as_olga.post(url("onboarding_tenant"), typed())

    assert errors(answer) == {"short_name": ["This short name is in use already."]}
    assert "Somebody Else" not in answer.content.decode()


def test_an_empty_full_name_is_the_short_name(as_olga, typed):
    as_olga.post(url("onboarding_tenant"), typed(full_name=""))

    assert only_service().full_name == "brightwater"


def test_licensed_users_out_of_range_are_refused(as_olga, typed):
    answer = as_olga.post(url("onboarding_tenant"), typed(licensed_users="501"))

    assert errors(answer) == {"licensed_users": ["At most 500 users."]}
    assert not Service.objects.exists()


def test_exactly_one_license_type_must_be_chosen(as_olga, typed):
    answer = as_olga.post(url("onboarding_tenant"), typed(license_type=None))

    assert errors(answer) == {"license_type": ["Choose a license type."]}


def test_the_link_needs_an_address(as_olga, typed):
    answer = as_olga.post(url("onboarding_tenant"), typed(email="nobody"))

    assert errors(answer) == {"email": ["Enter a valid email address, as name@company.example."]}


def test_fields_that_the_form_does_not_have_change_nothing(as_olga, typed, other_channel):
    extra = {"state": "active", "channel": str(other_channel.pk), "m365_domain": "evil.example"}
    as_olga.post(url("onboarding_tenant"), typed(**extra))

    service = only_service()
    assert (service.state, service.channel.name, service.m365_domain) == ("pending", "Nordhafen Direct", "")


def test_a_known_registration_is_validated_live_without_any_mail(as_olga, known, org):
    answer = as_olga.post(url("onboarding_tenant"), known())
    drain_validations()

    service = only_service()
    validation = Validation.objects.get()
    assert answer["Location"].endswith(f"/onboarding/check/{validation.pk}/")
    assert (validation.purpose, validation.verdict) == ("known", "valid")
    assert (service.invitation, service.m365_contact) == (None, "ruth@brightwater.example")
    assert str(service.app_registration.tenant_id) == org.id
    assert not OutboxMail.objects.exists()
    assert url("onboarding_settings", service) in as_olga.get(answer["Location"]).content.decode()


def test_the_secret_is_never_echoed_nor_kept_in_the_draft(as_olga, olga, known, three_values):
    answer = as_olga.post(url("onboarding_tenant"), known(short_name="no"))
    again = as_olga.get(url("onboarding_tenant"))

    secret = three_values["client_secret"]
    assert secret not in answer.content.decode() + again.content.decode()
    assert secret not in str(OnboardingDraft.of(olga).values)
    assert three_values["client_id"] in again.content.decode()
    assert not Credential.objects.exists()


def test_what_can_be_seen_of_the_three_values_is_said_at_once(as_olga, known, org):
    wrong = {"client_id": org.id, "client_secret": org.id, "m365_contact": ""}
    answer = as_olga.post(url("onboarding_tenant"), known(**wrong))

    found = errors(answer)
    assert list(found) == ["m365_contact", "client_id", "client_secret"]
    assert found["client_id"] == [
        "This is the tenant ID once more. Copy Application (client) ID, on the same page."
    ]
    assert found["client_secret"][0].startswith("You pasted the Secret ID. We need the Value")


def test_leaving_keeps_what_was_typed(as_olga, olga, typed):
    back = as_olga.post(url("onboarding_back"), typed(short_name="half\0done", email="i"))
    cancelled = as_olga.post(url("onboarding_cancel"), typed(short_name="half-done", send_link=None))

    page = as_olga.get(url("onboarding_tenant")).content.decode()
    assert (back["Location"], cancelled["Location"]) == (url("onboarding"), url("services"))
    assert 'value="half-done"' in page
    assert OnboardingDraft.of(olga).values["send_link"] is False


def test_a_form_of_a_customer_who_is_no_longer_selected_makes_no_service(as_olga, olga, channel, typed):
    stale = typed()
    other = Customer.objects.create(channel=channel, name="Tidewell Care")
    OnboardingDraft.choose(olga, other)

    answer = as_olga.post(url("onboarding_tenant"), stale, follow=True)

    assert not Service.objects.exists()
    assert "The selected customer is Tidewell Care by now. Nothing was sent." in answer.content.decode()
    assert OnboardingDraft.of(olga).values["short_name"] == "brightwater"


def test_a_discarded_draft_makes_no_service(as_olga, olga, typed):
    stale = typed()
    OnboardingDraft.objects.all().delete()

    assert as_olga.post(url("onboarding_tenant"), stale)["Location"] == url("onboarding")
    assert as_olga.post(url("onboarding_tenant"), {"draft": "x"})["Location"] == url("onboarding")
    assert not Service.objects.exists()
