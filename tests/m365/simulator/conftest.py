"""Talks to the simulator as a customer's client does: real MSAL, real requests, real TLS."""

import http.cookiejar

import msal
import pytest
import requests

GRAPH_SCOPE = ["https://graph.microsoft.com/.default"]


class Client:
    """One session for all calls, fresh MSAL apps; the last raw answer of a call through MSAL is `last`."""

    def __init__(self, simulator):
        self.url = simulator.login_url
        self.last = None
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = str(simulator.ca_path)
        self.session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))

    def get(self, url, **settings):
        self.last = self.session.get(url, **{"timeout": 10} | settings)
        return self.last

    def post(self, url, **settings):
        self.last = self.session.post(url, **{"timeout": 10} | settings)
        return self.last

    def close(self):
        """MSAL closes what it is given; the session lives as long as the test."""

    def sign_in(self, tenant, client_id, secret, scopes=None):
        """What a fresh MSAL application makes of these three values."""
        app = msal.ConfidentialClientApplication(
            client_id,
            client_credential=secret,
            authority=f"{self.url}/{tenant}",
            http_client=self,
            instance_discovery=False,
            azure_region=False,
        )
        return app.acquire_token_for_client(scopes=scopes or GRAPH_SCOPE)

    def discover(self, tenant, **settings):
        return self.get(f"{self.url}/{tenant}/v2.0/.well-known/openid-configuration", **settings)

    def token(self, tenant, headers=None, **form):
        """A raw token request; a field given as None is left out."""
        fields = {"grant_type": "client_credentials", "scope": GRAPH_SCOPE[0]} | form
        sent = {name: value for name, value in fields.items() if value is not None}
        return self.post(f"{self.url}/{tenant}/oauth2/v2.0/token", data=sent, headers=headers)

    def graph(self, path, token, **headers):
        authorization = {"Authorization": f"Bearer {token}"} if token else {}
        return self.get(f"{self.url}/v1.0{path}", headers=authorization | headers)


@pytest.fixture
def client(entra):
    made = Client(entra)
    yield made
    made.session.close()


@pytest.fixture
def org(entra):
    return entra.add_tenant(name="Möller Brücken GmbH")


@pytest.fixture
def app(org):
    return org.add_application()


@pytest.fixture
def secret(app):
    return app.add_secret(ends_in_days=90)


@pytest.fixture
def token(client, org, app, secret):
    return client.sign_in(org.id, app.client_id, secret.value)["access_token"]
