"""Ida holds the link that olga sent; she has a browser of her own and no account."""

import secrets
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from invitations import renewals
from tests.conftest import IDA
from tests.renewal import deployed


@pytest.fixture
def invitation(service):
    return service.invitation


@pytest.fixture
def new_browser():
    """Browsers with an address each, so that no test uses up another one's share of requests."""

    def make():
        return Client(REMOTE_ADDR=f"198.18.{secrets.randbelow(256)}.{secrets.randbelow(256)}")

    return make


@pytest.fixture
def ida(new_browser, invitation):
    """Ida's browser, after she followed the link."""
    browser = new_browser()
    follow(browser, invitation)
    return browser


@pytest.fixture
def example(entra):
    """`example("bergmann")`: the form with three values of the simulator's directory."""

    def form(key):
        found = next(example for example in entra.directory.examples if example.key == key)
        return {
            "tenant_id": found.tenant_id,
            "client_id": found.client_id,
            "client_secret": found.client_secret,
        }

    return form


def follow(browser, invitation):
    """The first thing that anybody does with a mail."""
    return browser.get(urlsplit(invitation.link).path)


def page(name, invitation, *more):
    return reverse(f"invitations:{name}", args=[invitation.uuid, *more])


def send(browser, invitation, form):
    """Sends the form with the three values; the answer."""
    return browser.post(page("values", invitation), form)


def facts_of(response):
    """Status, headers but the request's own number, and body."""
    headers = {name: value for name, value in response.headers.items() if name != "X-Request-Id"}
    return response.status_code, headers, response.content


@pytest.fixture
def moewe(customer, olga, entra):
    """An active service whose secret ends in 13 days; `app` is its application in the simulator."""
    service, app = deployed(customer, olga, entra)
    service.app = app
    return service


@pytest.fixture
def ask(moewe, olga):
    """`ask(14)`: what the night does when this threshold is crossed; the invitation, or None."""

    def call(threshold, days=7, service=moewe):
        return renewals.ask(
            service.app_registration,
            IDA,
            olga,
            threshold=threshold,
            ends=timezone.now() + timedelta(days=days),
            customer_name="Möwe Reederei",
            service_name="Möwe fleet",
        )

    return call
