"""Waiting for the invitee, then the live validations of the wizard."""

import pytest
from django.db import connection
from django.db.models.functions import Now

from m365 import causes
from m365.models import Validation
from m365.tasks import drain_validations
from portal.core.tasks import drain_mail
from services.models import Service
from tests.conftest import actor_for, connect
from tests.services.onboarding.conftest import answer, only_service, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def answered(service, three_values):
    """The service of an invitation that ida has answered with a registration that works."""
    answer(service, three_values)
    drain_validations()
    return Service.objects.with_connection().get(pk=service.pk)


def test_the_page_after_the_mail_follows_it_from_queued_to_sent(as_olga, service, mailbox):
    before = as_olga.get(url("onboarding_sent", service), headers={"HX-Request": "true"}).content.decode()
    drain_mail()
    after = as_olga.get(url("onboarding_sent", service), headers={"HX-Request": "true"}).content.decode()

    assert "Queued" in before
    assert "accepted by the mail server" in after
    assert "<html" not in before + after
    assert 'hx-trigger="every 2s"' in after


def test_a_mail_that_the_server_refuses_is_told_with_its_words(as_olga, service):
    service.invitation.mail.settle(state="failed", smtp_code=552, smtp_reply="mailbox full", attempts=1)

    page = as_olga.get(url("onboarding_sent", service)).content.decode()

    assert "The mail was refused" in page
    assert "refused: the mailbox is full (“mailbox full”, 552); 1 attempt." in page


def test_the_page_stops_asking_once_the_tenant_is_connected(as_olga, answered):
    page = as_olga.get(url("onboarding_sent", answered), headers={"HX-Request": "true"}).content.decode()

    assert "The administrator has connected the tenant" in page
    assert "hx-trigger" not in page


def test_add_shows_the_registration_and_never_the_secret(as_olga, answered, three_values):
    page = as_olga.get(url("onboarding_registration", answered)).content.decode()

    for value in (
        three_values["tenant_id"],
        three_values["client_id"],
        "Brightwater Dental Group Ltd",
        "Brightwater Dental, London",
        "Holder of the link sent to ida@brightwater.example",
        "Hosted Pro",
        "•••••••• set, ends",
    ):
        assert value in page
    assert three_values["client_secret"] not in page


def test_next_validates_again_live_and_leads_to_the_settings(as_olga, answered):
    asked = as_olga.post(url("onboarding_validate", answered))
    running = as_olga.get(asked["Location"]).content.decode()
    drain_validations()
    done = as_olga.get(asked["Location"], headers={"HX-Request": "true"}).content.decode()

    assert Validation.objects.latest("created_at").purpose == "onboarding"
    assert 'hx-trigger="every 1s"' in running
    assert '<noscript><meta http-equiv="refresh"' in running
    assert "The Application Registration is valid" in done
    assert f'href="{url("onboarding_settings", answered)}"' in done
    assert "hx-trigger" not in done


def test_next_pressed_twice_validates_once(as_olga, answered):
    first = as_olga.post(url("onboarding_validate", answered))
    second = as_olga.post(url("onboarding_validate", answered))

    assert first["Location"] == second["Location"]


def test_a_secret_revoked_meanwhile_stops_the_wizard_with_the_reason(as_olga, answered, app):
    app.secrets.clear()
    asked = as_olga.post(url("onboarding_validate", answered))
    drain_validations()

    page = as_olga.get(asked["Location"]).content.decode()
    skipped = as_olga.get(url("onboarding_settings", answered))

    assert "Entra rejected the client secret." in page
    assert "Certificates &amp; secrets" in page
    assert url("onboarding_settings", answered) not in page
    assert skipped["Location"] == url("onboarding_registration", answered)


def test_refused_values_are_corrected_for_this_same_service(as_olga, known, three_values):
    refused = as_olga.post(url("onboarding_tenant"), known(client_secret="wrong" * 8))
    drain_validations()
    service = only_service()
    page = as_olga.get(refused["Location"]).content.decode()
    values = url("onboarding_values", service)

    newest = str(service.app_registration.last_validation_id)
    corrected = as_olga.post(values, {**three_values, "newest": newest})
    drain_validations()

    service.refresh_from_db()
    assert "Entra rejected the client secret." in page
    assert f'action="{values}"' in page
    assert three_values["client_id"] in page
    assert "wrong" * 8 not in page
    assert url("onboarding_settings", service) in as_olga.get(corrected["Location"]).content.decode()
    assert (Service.objects.count(), service.connected) == (1, True)


def test_a_secret_that_is_too_new_is_tried_again_and_the_page_turns(as_olga, known, app, entra):
    secret = app.add_secret(replicates_in_seconds=15)
    checked = as_olga.post(url("onboarding_tenant"), known(client_secret=secret.value))
    drain_validations()
    watch = f"{checked['Location']}?watching"

    rejected = as_olga.get(checked["Location"]).content.decode()
    waiting = as_olga.get(watch, headers={"HX-Request": "true"})
    entra.clock.shift(seconds=16)
    Validation.objects.update(next_try_at=Now())
    drain_validations()
    turned = as_olga.get(watch, headers={"HX-Request": "true"})

    assert causes.NOT_YET_KNOWN.operator in rejected
    assert f'hx-get="{watch}"' in rejected
    assert "The secret is wiped after that minute; another one may be entered before." in rejected
    assert "The secret was wiped" not in rejected
    assert (waiting.status_code, waiting.content) == (204, b"")
    assert (turned.status_code, turned["HX-Refresh"]) == (200, "true")
    assert only_service().connected


def test_the_note_of_a_secret_that_stays_wrong_goes(as_olga, known):
    checked = as_olga.post(url("onboarding_tenant"), known(client_secret="Xx81Q~" + "n" * 34))
    while Validation.objects.filter(next_try_at__isnull=False).update(next_try_at=Now()):
        drain_validations()

    over = as_olga.get(f"{checked['Location']}?watching", headers={"HX-Request": "true"})

    assert (
        "The secret was wiped; please enter it once more."
        in as_olga.get(checked["Location"]).content.decode()
    )
    assert (over.status_code, over.content, "HX-Refresh" in over) == (200, b"", False)


def test_corrected_values_with_the_wrong_shape_ask_microsoft_nothing(as_olga, known, three_values):
    as_olga.post(url("onboarding_tenant"), known(client_secret="wrong" * 8))
    drain_validations()
    service = only_service()

    answer = as_olga.post(url("onboarding_values", service), {**three_values, "client_secret": ""})

    assert answer.context["form"].errors == {"client_secret": ["Enter the client secret’s Value."]}
    assert three_values["tenant_id"] in answer.content.decode()
    assert Validation.objects.count() == 1


def test_a_known_service_that_is_being_validated_opens_at_its_validation(as_olga, known):
    checking = as_olga.post(url("onboarding_tenant"), known())

    assert as_olga.get(url("onboarding_registration", only_service()))["Location"] == checking["Location"]


def test_nobody_working_is_said_after_ten_seconds(as_olga, known):
    from datetime import timedelta

    from django.utils import timezone

    checking = as_olga.post(url("onboarding_tenant"), known())
    Validation.objects.update(created_at=timezone.now() - timedelta(seconds=11))

    assert "Nobody has begun with it yet" in as_olga.get(checking["Location"]).content.decode()


def test_findings_are_named_and_do_not_stop_the_wizard(as_olga, known, app):
    app.revoke("Organization.Read.All")
    checking = as_olga.post(url("onboarding_tenant"), known())
    drain_validations()

    page = as_olga.get(checking["Location"]).content.decode()

    assert "The Application Registration is valid, with findings" in page
    assert "<b>Organization.Read.All:</b>" in page
    assert url("onboarding_settings", only_service()) in page


def test_a_deleted_service_gets_no_credential_from_a_validation_that_was_under_way(as_olga, olga, known):
    as_olga.post(url("onboarding_tenant"), known())
    service = Service.objects.with_connection().get()
    service.delete_pending(actor_for(olga))
    drain_validations()

    service.refresh_from_db()
    sealed = service.app_registration.credentials.exclude(sealed_secret=None)
    assert (service.connected, sealed.count()) == (False, 0)


def test_a_validation_that_ends_while_the_page_is_made_never_leads_back(as_olga, answered):
    """Between any two queries of the page: it still runs, or Next leads on."""
    asked = as_olga.post(url("onboarding_validate", answered))["Location"]
    seen = []

    def end_it_then(execute, sql, *rest):
        result = execute(sql, *rest)
        if not seen and 'FROM "services_service"' in sql:
            seen.append(sql)
            drain_validations()
        return result

    with connection.execute_wrapper(end_it_then):
        meanwhile = as_olga.get(asked).content.decode()
    after = as_olga.get(asked).content.decode()

    assert seen
    assert (
        'hx-trigger="every 1s"' in meanwhile or f'href="{url("onboarding_settings", answered)}"' in meanwhile
    )
    assert f'href="{url("onboarding_settings", answered)}"' in after


def test_a_validation_of_another_service_is_not_found(as_olga, answered, customer, olga):
    from tests.conftest import make_service

    other = connect(make_service(customer, olga, "other"))
    asked = as_olga.post(url("onboarding_validate", answered))

    foreign = asked["Location"].replace(str(answered.pk), str(other.pk))
    assert as_olga.get(foreign).status_code == 404
