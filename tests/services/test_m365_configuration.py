import re
import uuid
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from m365 import causes
from m365.models import AppRegistration, Credential, Validation
from m365.tasks import drain_validations
from portal.core.roles import Role
from tests.conftest import actor_for, connect, make_operator, make_service
from tests.services.conftest import ended, in_days, refused, signed_in

SECRET = "Ab3 is how it begins"


def url_of(service):
    return reverse("services:m365_configuration", args=[service.pk])


def validate_url(service):
    return reverse("services:validate", args=[service.pk])


def progress_url(service, validation):
    return reverse("services:validation", args=[service.pk, validation.pk])


def page(client, service):
    answer = client.get(url_of(service))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def days_left(client, service):
    """The one big number, or the word in its place."""
    number = re.search('id="days-left">(.*?)</span>', page(client, service))[1]
    return re.sub("<[^>]+>", "", number).strip()


def test_the_whole_connection_is_shown_as_it_was_read_from_the_tenant(as_olga, live):
    registration = live.app_registration
    shown = page(as_olga, live)

    for words in (
        str(registration.tenant_id),
        str(registration.client_id),
        "Brightwater Dental Group Ltd",
        registration.default_domain,
        "Worldwide, and US Government GCC",
        "“<bdi>portal 2026</bdi>”",
        f"begins with <code>{registration.active_credential.hint}</code>",
        "Sign-in accepted",
        "Organization.Read.All",
        "Application.Read.All",
        "by <bdi>Olga</bdi>",
    ):
        assert words in shown
    assert "missing" not in shown


def test_the_secret_itself_is_on_no_page(as_olga, live, entra):
    value = entra.secret_of(live.app_registration).value

    shown = (
        page(as_olga, live) + as_olga.get(reverse("services:edit_service", args=[live.pk])).content.decode()
    )

    assert value not in shown
    assert value[3:] not in shown


def test_validate_authentication_signs_in_now_and_keeps_result_and_time(as_olga, live):
    answer = as_olga.post(validate_url(live))
    assert (answer.status_code, answer.url) == (302, url_of(live))
    assert "Validating now" in page(as_olga, live)

    drain_validations()

    newest = Validation.objects.order_by("-created_at")[0]
    shown = page(as_olga, live)
    assert (newest.purpose, newest.verdict, newest.actor_label) == ("portal", "valid", "Olga")
    assert "Validating now" not in shown
    assert Validation.objects.count() == 2


def test_a_second_click_joins_the_validation_under_way(as_olga, connected):
    as_olga.post(validate_url(connected))
    as_olga.post(validate_url(connected))

    assert Validation.objects.count() == 1


def test_a_refused_secret_is_told_with_its_cause_its_place_and_what_to_tell_the_customer(
    as_olga, live, entra
):
    entra.application_of(live.app_registration).secrets.clear()

    as_olga.post(validate_url(live))
    drain_validations()

    shown = page(as_olga, live)
    for words in (
        causes.WRONG_SECRET.operator,
        causes.WRONG_SECRET.place,
        causes.WRONG_SECRET.customer,
        "not valid",
    ):
        assert escape(words) in shown
    assert "AADSTS" not in shown
    assert days_left(as_olga, live) == "41"


def test_an_outage_is_nobodys_fault_and_changes_nothing(as_olga, olga, connected):
    outcome = refused(causes.UNREACHABLE)
    outcome.undecided = True

    ended(connected, olga, outcome)

    shown = page(as_olga, connected)
    assert "Microsoft not reachable" in shown
    assert "What was known before stays as it is." in shown
    assert "What to tell the customer" not in shown


def test_the_history_has_the_ten_newest_first(as_olga, olga, connected):
    for cause in [causes.EXPIRED_SECRET, *[causes.WRONG_SECRET] * 9, causes.DISABLED]:
        ended(connected, olga, refused(cause))

    history = as_olga.get(url_of(connected)).context["connection"].history

    assert [told.validation.cause_name for told in history] == ["disabled", *["wrong_secret"] * 9]


def test_the_page_asks_for_progress_until_the_validation_has_ended(as_olga, live):
    as_olga.post(validate_url(live))
    validation = Validation.objects.order_by("-created_at")[0]
    shown = page(as_olga, live)
    assert f'hx-get="{progress_url(live, validation)}"' in shown
    assert f'<noscript><meta http-equiv="refresh" content="3; url={url_of(live)}"></noscript>' in shown

    running = as_olga.get(progress_url(live, validation), headers={"HX-Request": "true"})
    drain_validations()
    done = as_olga.get(progress_url(live, validation), headers={"HX-Request": "true"})

    assert "Validating now" in running.content.decode()
    assert "HX-Refresh" not in running
    assert done["HX-Refresh"] == "true"
    assert 'http-equiv="refresh"' not in page(as_olga, live)


def test_the_progress_opened_as_a_page_leads_to_the_whole_page(as_olga, olga, connected):
    validation = connected.validate_again(actor_for(olga))

    assert as_olga.get(progress_url(connected, validation)).url == url_of(connected)


def test_when_no_worker_answers_the_page_says_so(as_olga, olga, connected):
    validation = connected.validate_again(actor_for(olga))
    assert "No worker has taken this up yet" not in page(as_olga, connected)

    Validation.objects.filter(pk=validation.pk).update(created_at=timezone.now() - timedelta(seconds=11))

    assert "No worker has taken this up yet" in page(as_olga, connected)


def test_a_service_not_connected_says_so_and_cannot_be_validated(as_olga, service):
    shown = page(as_olga, service)

    assert "Not connected yet." in shown
    assert "Validate Authentication" not in shown
    answer = as_olga.post(validate_url(service), follow=True)
    assert "Nothing is connected yet" in answer.content.decode()
    assert Validation.objects.count() == 0


def test_a_validation_of_another_service_is_not_shown_here(as_olga, olga, connected, customer):
    other = connect(make_service(customer, olga, "other"))
    validation = other.validate_again(actor_for(olga))

    assert as_olga.get(progress_url(connected, validation)).status_code == 404
    assert as_olga.get(reverse("services:validation", args=[connected.pk, uuid.uuid4()])).status_code == 404


def test_a_monitor_sees_everything_and_validates_nothing(as_monica, connected):
    shown = page(as_monica, connected)

    assert str(AppRegistration.objects.get().client_id) in shown
    assert "Validate Authentication" not in shown
    assert as_monica.post(validate_url(connected)).status_code == 403


def test_an_operator_lite_may_validate(client, channel, connected):
    client.force_login(make_operator("lena@nordhafen.example", channel, Role.OPERATOR_LITE))

    assert client.post(validate_url(connected)).status_code == 302
    assert Validation.objects.count() == 1


def test_validating_needs_a_post(as_olga, connected):
    assert as_olga.get(validate_url(connected)).status_code == 405


def test_a_stranger_finds_nothing(as_max, olga, connected):
    validation = connected.validate_again(actor_for(olga))

    for answer in (
        as_max.get(url_of(connected)),
        as_max.post(validate_url(connected)),
        as_max.get(progress_url(connected, validation), headers={"HX-Request": "true"}),
    ):
        assert answer.status_code == 404
    assert Validation.objects.count() == 1


def test_signed_out_every_address_leads_to_sign_in(client, olga, connected):
    validation = connected.validate_again(actor_for(olga))

    for url in (url_of(connected), progress_url(connected, validation)):
        assert client.get(url).url == f"{reverse('account_login')}?next={url}"
    page = {"Referer": f"http://testserver{url_of(connected)}"}
    back = client.post(validate_url(connected), headers=page).url
    assert back == f"{reverse('account_login')}?next={url_of(connected)}"


def test_ten_validations_take_as_many_queries_as_one(as_olga, olga, connected, queries_of):
    ended(connected, olga, signed_in())
    with_one = queries_of(as_olga, url_of(connected))
    for _ in range(9):
        ended(connected, olga, signed_in())

    assert queries_of(as_olga, url_of(connected)) == with_one <= 9


def test_what_the_tenant_calls_things_is_shown_as_text(as_olga, service):
    connect(service, not_after=in_days(50))
    AppRegistration.objects.update(tenant_name="<script>alert(1)</script>", app_name="<b>Voice</b>")
    Credential.objects.update(display_name="<i>portal</i>")

    shown = page(as_olga, service)

    assert "<script>alert" not in shown
    assert "&lt;b&gt;Voice&lt;/b&gt;" in shown
    assert "&lt;i&gt;portal&lt;/i&gt;" in shown
