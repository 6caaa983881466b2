"""Ida holds the link that olga sent; she has a browser of her own and no account."""

import secrets
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse


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
