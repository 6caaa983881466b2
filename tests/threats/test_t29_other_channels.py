"""T29: what is another channel's does not exist, at whatever address, in whatever field, for whatever role."""

from itertools import cycle
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client
from django.urls import reverse

from portal.core.roles import Role
from portal.core.tenancy import Scoped
from services.models import Customer, OnboardingDraft, Service
from tests.conftest import make_operator
from tests.core.test_sign_in import PUBLIC
from tests.threats.two_channels import (
    NOBODYS,
    PLAIN,
    address,
    browser_of,
    everything,
    forms,
    fresh_browser_of,
    make_two,
    patterns,
    shown_in,
)

# The mark has the database made before `both`, and each test in a savepoint.
pytestmark = pytest.mark.django_db
METHODS = ("get", "post")
PATTERNS = sorted((name, tuple(sorted(arguments))) for name, arguments in patterns())
# What has an id in its address, and what has none; what is for everybody is looked at apart.
OF_A_ROW = [one for one in PATTERNS if set(one[1]) & set(NOBODYS) and one[0] not in PUBLIC]
OF_NO_ROW = [one for one in PATTERNS if not set(one[1]) & set(NOBODYS) and one[0] not in PUBLIC]
# Where the second id is looked for among what belongs to the first.
PAIRS = [("service_id", "validation_id"), ("id", "validation_id"), ("operator_id", "membership_id")]
ASKED_AGAIN = {reverse("account_reauthenticate"), reverse("mfa_reauthenticate")}


@pytest.fixture(scope="module")
def both(django_db_setup, django_db_blocker, simulator):
    """Made once for all tests of this file, in a transaction that is never committed."""
    with django_db_blocker.unblock(), transaction.atomic():
        simulator.reset()
        yield make_two(simulator)
        simulator.reset()
        transaction.set_rollback(True)


@pytest.fixture
def two(both, db):
    """What a test changes is undone to here."""
    return both


@pytest.fixture
def colleague(two):
    """`colleague(Role.MONITOR)`: somebody in the second channel who has this role."""
    return lambda role: make_operator(f"{role}@telko.example", two[1].channel, role)


class Visitor:
    """One operator who has just signed in, and in another browser a while ago: there some pages ask again first."""

    def __init__(self, operator):
        self.fresh, self.stale = fresh_browser_of(operator), browser_of(operator)

    def complaints(self, method, theirs, nobodys):
        """What is wrong with the answer to a request that names a row of the first channel."""
        answer = getattr(self.fresh, method)(theirs)
        if shown := shown_in(answer):
            yield f"{method} {theirs} shows {shown}"
        if answer.status_code == 403 and told(getattr(self.fresh, method)(nobodys)) != told(answer):
            yield f"{method} {theirs} is forbidden, and {nobodys} is not"
        if answer.status_code not in (403, 404, 405):
            yield f"{method} {theirs}: {told(answer)}"

    def complaints_unconfirmed(self, method, theirs, nobodys):
        """The same before they have shown that it is still they."""
        answer = getattr(self.stale, method)(theirs)
        if shown := shown_in(answer):
            yield f"{method} {theirs} shows {shown}"
        if answer.status_code not in (403, 404, 405) and (
            told(answer)[1] not in ASKED_AGAIN or told(getattr(self.stale, method)(nobodys)) != told(answer)
        ):
            yield f"{method} {theirs}: {told(answer)}"


def told(answer):
    """What an answer says beside its text."""
    return answer.status_code, urlsplit(answer.headers.get("Location", "")).path


def asked(name, arguments, two, service):
    """Each way to name a row of the first channel in this address, beside an address that names nobody's."""
    first, second = two
    theirs, own = first.named(service, name), second.named("connected", name)
    yield address(name, arguments, theirs), address(name, arguments, PLAIN | NOBODYS)
    for outer, inner in PAIRS:
        if {outer, inner} <= set(arguments):
            of_theirs, of_nobody = own | {inner: theirs[inner]}, own | {inner: NOBODYS[inner]}
            yield address(name, arguments, of_theirs), address(name, arguments, of_nobody)


def test_t29_the_first_channel_has_a_row_of_every_kind(two):
    first, _second = two
    kinds = [model for model in apps.get_models() if issubclass(model, Scoped)]

    assert [kind for kind in kinds if not kind._base_manager.filter(channel=first.channel).exists()] == []


def test_t29_the_addresses_asked_are_those_where_its_own_admin_finds_them(two):
    """Else what is not there for the others might not be there at all."""
    first, _second = two
    browser = fresh_browser_of(first.admin)

    for name, arguments in OF_A_ROW:
        paths = {address(name, arguments, first.named(one, name)) for one in first.services}
        assert any(browser.get(path).status_code in (200, 302, 405) for path in paths), name


@pytest.mark.parametrize("role", Role)
def test_t29_nothing_of_another_channel_is_there_for_any_role(two, colleague, role):
    """404, or the 403 of a role that may do it nowhere, which is then the answer about nobody's row, too."""
    visitor, services = Visitor(colleague(role)), cycle(two[0].services)
    before = everything()

    found = [
        complaint
        for (name, arguments), service in zip(OF_A_ROW, services, strict=False)
        for theirs, nobodys in asked(name, arguments, two, service)
        for method in METHODS
        for complaint in visitor.complaints(method, theirs, nobodys)
    ]

    assert found == []
    assert everything() == before


def test_t29_who_is_asked_again_first_learns_nothing_by_that(two, colleague):
    visitor = Visitor(colleague(Role.ADMIN))
    before = everything()

    found = [
        complaint
        for name, arguments in OF_A_ROW
        for theirs, nobodys in asked(name, arguments, two, "active")
        for complaint in visitor.complaints_unconfirmed("get", theirs, nobodys)
    ]

    assert found == []
    assert everything() == before


def test_t29_signed_out_everything_leads_to_the_sign_in_and_nothing_changes(two):
    first, _second = two
    before, browser = everything(), Client()

    for name, arguments in OF_A_ROW + OF_NO_ROW:
        path = address(name, arguments, first.named("held", name))
        for method in METHODS if (name, arguments) in OF_A_ROW else ["post"]:
            answer = getattr(browser, method)(path)
            assert told(answer) == (302, reverse("account_login")), (method, path)
            assert shown_in(answer) == [], (method, path)
    assert everything() == before


def test_t29_public_pages_name_nobody_to_who_has_no_link(two, colleague):
    first, _second = two
    browser = fresh_browser_of(colleague(Role.ADMIN))
    before = everything()

    for name, arguments in PATTERNS:
        if name in PUBLIC and arguments:
            path = address(name, arguments, first.named("pending", name))
            for method in METHODS:
                answer = getattr(browser, method)(path)
                assert answer.status_code < 500, (method, path)
                assert shown_in(answer) == [], (method, path)
    assert everything() == before


FILTERED = {
    "services:connections": ["q=qua", "channel={channel}", "channel={channel}&sort=days", "show=ok"],
    "services:pending_invitations": ["customer={customer}"],
    "services:customers": ["q=qua", "q={tenant}"],
    "services:services": ["q=qua"],
    "services:onboarding": ["q=qua", "q={tenant}", "pending=all"],
    "services:onboarding_short_name": ["short_name=qua"],
    "services:journal": ["customer={customer}", "person={person}", "about={service}"],
    "dashboard": ["channel={channel}"],
}


def filtered(first):
    """The lists, and what they can be asked by the first channel's ids and the beginnings of its names."""
    ids = {
        "channel": first.channel.pk,
        "customer": first.customer.pk,
        "tenant": str(first.customer.tenant_id)[:8],
        "person": first.admin.pk,
        "service": first.services["active"].pk,
    }
    return [
        f"{reverse(name)}?{query.format(**ids)}" for name, queries in FILTERED.items() for query in queries
    ]


def unfiltered():
    """Every page without an id in its address; the exports in both forms."""
    pages = [address(name, arguments, PLAIN) for name, arguments in OF_NO_ROW]
    return [*pages, reverse("services:journal_export", args=["json"])]


def test_t29_no_list_search_filter_or_export_names_another_channels(two, colleague):
    first, _second = two
    browser = fresh_browser_of(colleague(Role.ADMIN))
    keys = [str(row.pk) for row in (*first.services.values(), first.customer, first.sbc, first.channel)]

    for path in [*filtered(first), *unfiltered()]:
        answer = browser.get(path)
        text = answer.getvalue().decode()
        assert shown_in(answer) == [], path
        assert [key for key in keys if key in text and key not in path] == [], path


def test_t29_the_same_lists_name_them_to_its_own_admin(two):
    """Else the test above would look for names that stand nowhere."""
    first, _second = two
    browser = fresh_browser_of(first.admin)
    silent = (reverse("services:onboarding_short_name"), reverse("services:journal"))

    for path in filtered(first):
        if not path.startswith(silent):
            assert {"quarz", "zirkon"} & set(shown_in(browser.get(path))), path


def test_t29_counts_are_those_of_the_own_channel(two, colleague):
    browser = fresh_browser_of(colleague(Role.ADMIN))

    def context(name, **values):
        return browser.get(reverse(name, kwargs=values)).context

    assert context("dashboard")["summary"] == "One customer is ready for you to finish."
    assert next(chip.count for chip in context("services:connections")["chips"]) == 1
    night = context("services:nightly_run", night=PLAIN["night"])
    assert {state["count"] for state in night["states"]} == {0}
    assert [row["customers"] for row in context("services:channels")["rows"]] == [1]


def changed_by_forms(two, theirs, colleague):
    """The name of each form with its answer and the tables that it changed; afterwards they are as they were.

    A form that is refused keeps what was typed, beside the service that is the operator's own: those are left out.
    """
    _first, second = two
    browser, kept = fresh_browser_of(second.admin), ["services_service"]
    before = everything(but=kept)
    for name, where, values in forms(theirs, second, colleague):
        with transaction.atomic():
            answer = browser.post(reverse(name, kwargs=where), values)
            after = everything(but=kept)
            transaction.set_rollback(True)
        yield name, answer, {table for table in after if after[table] != before[table]}


def test_t29_another_channels_id_in_a_form_changes_nothing_and_shows_nothing(two, colleague):
    first, _second = two
    services = Service.objects.filter(channel=first.channel)
    before = list(services.values())

    for name, answer, changed in changed_by_forms(two, first, colleague(Role.MONITOR)):
        assert answer.status_code in (200, 302, 404), name
        assert (shown_in(answer), changed) == ([], set()), name
        assert list(services.values()) == before, name


def test_t29_the_same_forms_do_something_with_the_own_ids(two, colleague):
    """Else what changes nothing above might be refused for another reason."""
    _first, second = two
    OnboardingDraft.choose(second.admin, Customer.objects.create(channel=second.channel, name="Kestrel"))

    does = {
        name for name, _answer, changed in changed_by_forms(two, second, colleague(Role.MONITOR)) if changed
    }

    assert does == {
        "services:onboarding_select",
        "services:onboarding_tenant",
        "services:onboarding_back",
        "services:onboarding_cancel",
        "services:onboarding_sip",
        "services:add_customer",
        "services:add_sbc",
        "services:client_secret",
        "invite_operator",
        "grant_role",
    }
