"""Settings, SIP connection, summary, Create service, What remains."""

from datetime import timedelta

import pytest

from m365.models import Validation
from portal.core.clock import now
from portal.core.journal import JournalEntry
from services.models import Purpose, Sbc, Service, SipConnection
from tests.conftest import actor_for, connect, make_operator, make_service
from tests.services.conftest import ended, signed_in
from tests.services.onboarding.conftest import url

pytestmark = pytest.mark.django_db

DOMAIN = "brightwaterdental.onmicrosoft.com"


@pytest.fixture
def validated(connected, olga):
    """Connected, and validated again by olga."""
    ended(connected, olga, signed_in(), Purpose.ONBOARDING)
    return Service.objects.with_connection().get(pk=connected.pk)


@pytest.fixture
def with_domain(validated, olga):
    validated.choose_domain(DOMAIN, actor_for(olga))
    return validated


@pytest.fixture
def complete(with_domain, sbc):
    """Everything is entered, nothing created."""
    SipConnection.objects.create(service=with_domain, sbc=sbc, site_name="London", host_label="brightwater")
    return Service.objects.with_connection().get(pk=with_domain.pk)


def sip_values(sbc, **changes):
    values = {"site_name": "London", "sbc": str(sbc.pk), "host_label": "brightwater"}
    return values | {"trunk_model": "derived_trunk"} | changes


@pytest.mark.parametrize("name", ["settings", "sip", "summary", "what_remains"])
@pytest.mark.parametrize(
    ("state", "step"),
    [
        ("service", "sent"),
        ("connected", "registration"),
        ("validated", "settings"),
        ("with_domain", "sip"),
        ("complete", "summary"),
    ],
)
def test_t30_a_skipped_step_leads_to_the_first_one_that_is_not_done(as_olga, request, state, step, name):
    order = ["sent", "registration", "settings", "sip", "summary", "what_remains"]
    service = request.getfixturevalue(state)

    answer = as_olga.get(url(f"onboarding_{name}", service))

    if order.index(name) > order.index(step):
        assert answer["Location"] == url(f"onboarding_{step}", service)
    else:
        assert answer.status_code == 200


def test_a_look_from_the_service_portal_does_not_stand_in_for_next(as_olga, connected, olga):
    ended(connected, olga, signed_in(), Purpose.PORTAL)

    answer = as_olga.get(url("onboarding_settings", connected))

    assert answer["Location"] == url("onboarding_registration", connected)


def test_a_sign_in_of_yesterday_creates_no_service_today(as_olga, complete):
    Validation.objects.update(finished_at=now() - timedelta(hours=12))

    answer = as_olga.post(url("onboarding_create", complete))

    complete.refresh_from_db()
    assert (answer["Location"], complete.state) == (url("onboarding_registration", complete), "pending")


def test_the_initial_domain_is_preselected_and_the_tenant_id_only_shown(as_olga, validated):
    answer = as_olga.get(url("onboarding_settings", validated))

    form = answer.context["form"]
    assert form["m365_domain"].value() == DOMAIN
    assert [name for name, _ in form.fields["m365_domain"].choices] == [
        DOMAIN,
        "brightwaterdental.example",
    ]
    tenant = validated.app_registration.tenant_id
    assert f'id="tenant-id" readonly value="{tenant}"' in answer.content.decode()


def test_a_verified_domain_is_kept_and_another_refused(as_olga, validated):
    refused = as_olga.post(url("onboarding_settings", validated), {"m365_domain": "evil.example"})
    kept = as_olga.post(url("onboarding_settings", validated), {"m365_domain": "brightwaterdental.example"})

    validated.refresh_from_db()
    assert list(refused.context["form"].errors) == ["m365_domain"]
    assert (kept["Location"], validated.m365_domain) == (
        url("onboarding_sip", validated),
        "brightwaterdental.example",
    )
    assert JournalEntry.objects.latest("created_at").verb == "service.m365_domain_set"


def test_domains_that_could_not_be_read_are_typed_and_the_missing_permission_named(as_olga, validated):
    registration = validated.app_registration
    registration.domains, registration.roles = [], ["Application.Read.All"]
    registration.save()

    page = as_olga.get(url("onboarding_settings", validated)).content.decode()
    refused = as_olga.post(url("onboarding_settings", validated), {"m365_domain": "no domain"})
    as_olga.post(url("onboarding_settings", validated), {"m365_domain": "Contoso.onmicrosoft.com"})

    validated.refresh_from_db()
    assert "The permission Organization.Read.All is missing." in page
    assert "<select" not in page
    assert list(refused.context["form"].errors) == ["m365_domain"]
    assert validated.m365_domain == "contoso.onmicrosoft.com"


def test_the_summary_shows_all_that_was_entered_and_no_secret(as_olga, complete):
    page = as_olga.get(url("onboarding_summary", complete)).content.decode()

    for entered in (
        "Brightwater Dental, London",
        "brightwater",
        "Hosted Pro",
        "25",
        "ida@<wbr>brightwater.example",
    ):
        assert entered in page
    assert "•••••••• set" in page
    assert "Ab3 is how" not in page


def test_the_host_name_is_made_from_the_short_name_and_the_only_sbc(as_olga, with_domain, sbc):
    answer = as_olga.get(url("onboarding_sip", with_domain))

    form = answer.context["form"]
    assert (form["host_label"].value(), str(form["sbc"].value())) == ("brightwater", str(sbc.pk))
    assert "brightwater.sbc.nordhafen.example</b>" in answer.content.decode()
    assert "the label differs from it" not in answer.content.decode()


def test_a_label_that_had_to_differ_from_the_short_name_is_explained(as_olga, customer, olga, sbc):
    service = connect(make_service(customer, olga, "Café_1"))
    ended(service, olga, signed_in(), Purpose.ONBOARDING)
    service.choose_domain(DOMAIN, actor_for(olga))

    page = as_olga.get(url("onboarding_sip", service)).content.decode()

    assert "cafe-1.sbc.nordhafen.example</b>" in page
    assert "the label differs from it" in page


def test_sbcs_of_other_channels_are_not_offered_and_refused(as_olga, with_domain, sbc, other_channel):
    foreign = Sbc.objects.create(channel=other_channel, name="MUC", base_domain="sbc.telko.example")

    page = as_olga.get(url("onboarding_sip", with_domain)).content.decode()
    refused = as_olga.post(url("onboarding_sip", with_domain), sip_values(foreign))

    assert "MUC" not in page
    assert list(refused.context["form"].errors) == ["sbc"]


def test_a_channel_without_sbc_is_told_what_to_do(as_olga, with_domain):
    assert (
        "There is no SBC in this channel yet."
        in as_olga.get(url("onboarding_sip", with_domain)).content.decode()
    )


def test_the_sip_connection_is_kept_and_can_be_changed(as_olga, with_domain, sbc):
    first = as_olga.post(url("onboarding_sip", with_domain), sip_values(sbc))
    as_olga.post(
        url("onboarding_sip", with_domain), sip_values(sbc, host_label="Bright", trunk_model="domain_only")
    )

    kept = SipConnection.objects.get()
    assert first["Location"] == url("onboarding_summary", with_domain)
    assert (kept.host_name, kept.trunk_model, kept.channel) == (
        "bright.sbc.nordhafen.example",
        "domain_only",
        with_domain.channel,
    )


def test_a_host_name_in_use_is_refused_beside_the_field(as_olga, with_domain, sbc, customer, olga):
    other = make_service(customer, olga, "other")
    SipConnection.objects.create(service=other, sbc=sbc, site_name="Leeds", host_label="brightwater")

    answer = as_olga.post(url("onboarding_sip", with_domain), sip_values(sbc))

    assert answer.context["form"].errors == {"host_label": ["This host name is in use already."]}


def test_the_summary_has_every_value_and_no_secret(as_olga, complete):
    page = as_olga.get(url("onboarding_summary", complete)).content.decode()

    for value in (
        "Brightwater Dental Group",
        "Brightwater Dental, London",
        "brightwater.sbc.nordhafen.example",
        DOMAIN,
        "London",
        "DerivedTrunk",
        str(complete.app_registration.client_id),
        "New-CsOnlineVoiceRoute",
        "••••••••",
    ):
        assert value in page
    assert "Ab3 is how it begins" not in page


def test_create_service_makes_it_active_and_ends_on_what_remains(as_olga, olga, complete):
    answer = as_olga.post(url("onboarding_create", complete), follow=True)

    complete.refresh_from_db()
    assert (complete.state, complete.activated_by) == ("active", olga)
    assert complete.app_registration.monitored
    assert answer.redirect_chain == [(url("onboarding_what_remains", complete), 302)]
    page = answer.content.decode()
    assert "New-CsOnlinePSTNGateway -" not in page
    assert "<mark>brightwater</mark>.sbc.nordhafen.example." in page


def test_create_service_pressed_twice_ends_on_the_same_page(as_olga, complete):
    first = as_olga.post(url("onboarding_create", complete))
    second = as_olga.post(url("onboarding_create", complete), follow=True)

    assert second.redirect_chain == [(first["Location"], 302)]
    assert "created this service" not in second.content.decode()


def test_the_second_operator_is_told_who_created_it(client, as_olga, complete, channel):
    omar = make_operator("omar@nordhafen.example", channel)
    as_olga.post(url("onboarding_create", complete))
    as_olga.force_login(omar, "allauth.account.auth_backends.AuthenticationBackend")

    page = as_olga.post(url("onboarding_create", complete), follow=True).content.decode()

    assert "Olga created this service on" in page


def test_nothing_is_created_before_everything_is_entered(as_olga, with_domain):
    answer = as_olga.post(url("onboarding_create", with_domain))

    with_domain.refresh_from_db()
    assert (answer["Location"], with_domain.state) == (url("onboarding_sip", with_domain), "pending")


def test_a_created_service_cannot_be_taken_through_the_wizard_again(as_olga, olga, complete):
    complete.activate(actor_for(olga))

    for name in ("registration", "settings", "sip", "summary", "sent"):
        answer = as_olga.get(url(f"onboarding_{name}", complete))
        assert answer["Location"] == url("onboarding_what_remains", complete)
    changed = as_olga.post(url("onboarding_settings", complete), {"m365_domain": "brightwaterdental.example"})
    complete.refresh_from_db()
    assert (changed.status_code, complete.m365_domain) == (302, DOMAIN)
