"""A service as it is long after its onboarding: created, connected to the simulator, its contact known."""

from urllib.parse import urlsplit

from django.urls import reverse

from m365.models import AppRegistration
from portal.core.tasks import drain_mail
from tests.conftest import IDA, actor_for, make_service
from tests.services.conftest import connect_live


def deployed(customer, operator, entra, *, ends_in_days=13.5, short_name="moewe", contact=IDA):
    """The service and its application in the simulator; created by this operator, its secret ends soon."""
    from services.models import Service

    service = make_service(customer, operator, short_name, invite=None, m365_contact=contact)
    app = entra.add_tenant(name="Möwe Reederei AG").add_application(name="Voice")
    connect_live(service, app, app.add_secret(name="portal 2026", ends_in_days=ends_in_days), operator)
    service.activate(actor_for(operator))
    return Service.objects.with_connection().get(pk=service.pk), app


def answer(browser, invitation, value):
    """Follows the link, sends the secret; the page of the result."""
    browser.get(urlsplit(invitation.link).path)
    return browser.post(reverse("invitations:values", args=[invitation.uuid]), {"client_secret": value}).url


def in_use(service):
    return AppRegistration.objects.select_related("active_credential").get(pk=service.app_registration_id)


def text_of(response):
    return " ".join(response.content.decode().split())


def mails_to(mailbox, address):
    drain_mail()
    return [mail for mail in mailbox if mail.to == [address]]
