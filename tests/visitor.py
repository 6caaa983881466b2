"""Somebody with a browser that holds cookies and fills in forms, for tests of real web processes."""

import requests

from tests.conftest import PASSWORD
from tests.signing_in import code_for

START = "/services/add/direct-routing/"


class Visitor:
    """Plain HTTP with cookies."""

    def __init__(self, port):
        self.home = f"http://localhost:{port}"
        self.session = requests.Session()
        self.session.trust_env = False

    def ask(self, method, path, **kwargs):
        return self.session.request(method, self.home + path, timeout=30, allow_redirects=False, **kwargs)

    def is_answered(self):
        """Whether the web process is there."""
        try:
            return self.ask("GET", "/livez").ok
        except requests.ConnectionError:
            return False

    def post(self, path, shown_on="", **values):
        """Send the form of a page, as its address or another one shows it."""
        form = self.ask("GET", shown_on or path).text
        token = form.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        return self.ask("POST", path, data=values | {"csrfmiddlewaretoken": token})

    def signs_in(self, operator):
        """Password and code; the last answer."""
        code = code_for(operator)
        first = self.post("/sign-in/", login=operator.email, password=PASSWORD)
        if first.status_code != 302:
            return first
        return self.post("/account/second-factor/enter/", code=code)

    def select(self, customer):
        """The first page of the Onboarding wizard."""
        return self.post(f"{START}select/", shown_on=START, customer=str(customer.id))

    def invite(self, email, short_name):
        """Its form Add New Tenant: a service, and an invitation to that address."""
        form = self.ask("GET", f"{START}tenant/").text
        return self.post(
            f"{START}tenant/",
            draft=form.partition('name="draft" value="')[2].partition('"')[0],
            full_name=f"{short_name.title()}, London",
            short_name=short_name,
            license_type="pro",
            licensed_users="120",
            send_link="on",
            email=email,
        )
