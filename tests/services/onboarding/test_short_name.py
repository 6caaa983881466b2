"""The word beside the short name while it is typed."""

import re

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from services.models import Customer, OnboardingDraft, Purpose, Sbc, Service, SipConnection
from services.onboarding.short_name import look_at
from tests.conftest import actor_for, connect, make_service
from tests.services.conftest import ended, signed_in
from tests.services.onboarding.conftest import url

pytestmark = pytest.mark.django_db


def said(client, typed):
    """The whole of the word, as it is read."""
    answer = client.get(url("onboarding_short_name"), {"short_name": typed})
    assert answer.status_code == 200
    assert "<html" not in answer.content.decode()
    return re.sub(r"\s+", " ", strip_tags(answer.content.decode())).strip()


def test_a_free_name_is_told_with_the_host_name_that_it_will_give(as_olga, draft, sbc):
    assert said(as_olga, "BrightWater") == (
        "BrightWater is free. Host name: brightwater.sbc.nordhafen.example."
    )


def test_the_first_sbc_of_the_customers_channel_counts(as_olga, draft, sbc, channel, other_channel):
    Sbc.objects.create(channel=channel, name="BER-1", base_domain="ber.nordhafen.example")
    Sbc.objects.create(channel=other_channel, name="AAA", base_domain="sbc.telko.example")

    assert "brightwater.ber.nordhafen.example" in said(as_olga, "brightwater")


def test_without_an_sbc_the_label_is_told(as_olga, draft):
    assert said(as_olga, "brightwater") == (
        "brightwater is free. Host label: brightwater. This channel has no SBC yet."
    )


def test_every_broken_rule_is_told_with_a_name_that_can_be_used(as_olga, draft, sbc):
    assert said(as_olga, "bright leeds.1") == (
        "“bright leeds.1” cannot be used: It has a dot. It has a blank. Take - or _ instead. "
        "Suggestion: bright-leeds-1 is free. Use it "
        "Host name: bright-leeds-1.sbc.nordhafen.example."
    )


def test_a_name_in_use_is_told_without_whose_it_is_and_the_suggestion_is_free(
    as_olga, draft, sbc, other_channel, max_
):
    theirs = Customer.objects.create(channel=other_channel, name="Somebody Else")
    for name in ("BRIGHTWATER", "brightwater-2"):
        make_service(theirs, max_, name, full_name="Their service")

    words = said(as_olga, "brightwater")

    assert words == (
        "“brightwater” is in use already. Suggestion: brightwater-3 is free. Use it "
        "Host name: brightwater-3.sbc.nordhafen.example."
    )


def test_the_name_of_a_deleted_service_is_free(as_olga, olga, service, draft):
    service.delete_pending(actor_for(olga))

    assert said(as_olga, "brightwater").startswith("brightwater is free.")


@pytest.mark.parametrize("typed", ["straße", "STRASSE", "ＳＴＲＡSSE"])
def test_a_name_that_reads_the_same_is_in_use(as_olga, olga, customer, draft, typed):
    make_service(customer, olga, "Straße")

    assert "is in use already" in said(as_olga, typed)


def test_the_label_used_for_a_name_that_is_none_is_told(as_olga, draft, sbc):
    assert said(as_olga, "Ä1!") == (
        "Ä1! is free. Host name: a1.sbc.nordhafen.example. The name itself is no host label, so a1 will be used "
        "there; it can be changed in the step SIP Connection."
    )


def test_a_label_in_use_on_the_sbc_gets_a_number(as_olga, olga, customer, draft, sbc):
    other = make_service(customer, olga, "other")
    SipConnection.objects.create(service=other, sbc=sbc, site_name="Leeds", host_label="a1")

    assert "Host name: a1-2.sbc.nordhafen.example." in said(as_olga, "Ä1!")


@pytest.mark.parametrize("typed", ["", None])
def test_nothing_is_said_of_an_empty_field(as_olga, draft, typed):
    answer = as_olga.get(url("onboarding_short_name"), {"short_name": typed} if typed is not None else {})

    assert (answer.status_code, answer.content.strip()) == (200, b"")


@pytest.mark.parametrize("typed", ["<b>bold</b>", "a\0b", "x" * 5000, "\ufffd", "." * 400, "' OR 1=1 --"])
def test_whatever_is_typed_gets_an_answer_and_stays_text(as_olga, draft, typed):
    answer = as_olga.get(url("onboarding_short_name"), {"short_name": typed})

    assert answer.status_code == 200
    assert b"<b>bold" not in answer.content
    assert len(answer.content) < 5000


@pytest.mark.parametrize("typed", ["brightwater", "bright water", "audit", "a", "Ä1!"])
def test_it_takes_two_queries_at_most(olga, customer, draft, sbc, typed):
    make_service(customer, olga, "brightwater")
    assert olga.roles  # asked at the door of every page
    with CaptureQueriesContext(connection) as captured:
        look_at(typed, olga)

    assert len(captured) <= 2


def test_it_changes_nothing(as_olga, draft):
    said(as_olga, "brightwater")

    assert OnboardingDraft.objects.get().values == {}
    assert as_olga.post(url("onboarding_short_name")).status_code == 405


def test_who_may_not_add_services_is_refused_and_the_signed_out_led_to_the_sign_in(as_monica, customer):
    address = url("onboarding_short_name")

    assert as_monica.get(address, {"short_name": "brightwater"}).status_code == 403
    assert Client().get(address)["Location"].startswith(reverse(settings.LOGIN_URL))


def test_the_refused_form_has_a_suggestion_without_any_script(as_olga, typed, sbc):
    page = as_olga.post(url("onboarding_tenant"), typed(short_name="bright leeds.1")).content.decode()

    assert re.search(r'Suggestion: <b class="tl-mono"><bdi>bright-leeds-1</bdi></b> is free\.', page)
    assert page.count("<li>It has a dot.</li>") == 1


def at_the_sip_step(service, olga):
    ended(connect(service), olga, signed_in(), Purpose.ONBOARDING)
    service.choose_domain("brightwaterdental.onmicrosoft.com", actor_for(olga))
    return service


def test_the_proposed_label_is_free_on_every_sbc_of_the_channel(as_olga, olga, customer, sbc, channel):
    second = Sbc.objects.create(channel=channel, name="BER-1", base_domain="ber.nordhafen.example")
    for number, where in enumerate((sbc, second)):
        other = make_service(customer, olga, f"other{number}")
        label = "a1" if where == sbc else "a1-2"
        SipConnection.objects.create(service=other, sbc=where, site_name="Leeds", host_label=label)

    answer = as_olga.get(url("onboarding_sip", at_the_sip_step(make_service(customer, olga, "Ä1!"), olga)))

    page = re.sub(r"\s+", " ", strip_tags(answer.content.decode()))
    assert answer.context["form"]["host_label"].value() == "a1-3"
    assert "a1 is in use on an SBC of this channel already, so a number stands behind it." in page
    assert "The short name Ä1! has signs that a host name cannot have" in page


def test_capital_letters_alone_are_not_explained(as_olga, olga, customer, sbc):
    page = as_olga.get(
        url("onboarding_sip", at_the_sip_step(make_service(customer, olga, "BrightWater"), olga))
    )

    assert page.context["form"]["host_label"].value() == "brightwater"
    assert "the label differs from it" not in page.content.decode()


def test_an_illegal_name_is_stored_by_no_door(customer, olga):
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError, match="It has a dot"):
        make_service(customer, olga, "bright.1")


def test_a_name_is_kept_composed_whichever_way_it_came(customer, olga):
    service = make_service(customer, olga, "o\u0308" * 15)
    service.short_name = "u\u0308" * 15
    service.clean_fields(exclude=["activated_at", "activated_by"])

    assert (Service.objects.get().short_name, service.short_name) == ("ö" * 15, "ü" * 15)
