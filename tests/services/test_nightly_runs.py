"""The pages of nightly runs, and the pulse at the foot of every page: each item is accounted for, in scope."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from m365.models import AppRegistration, CheckItem, ConnectionState, NightlyRun, RunTally
from portal.core.clock import now
from services.models import Customer, Service
from tests.conftest import actor_for, connect, make_service
from tests.services.conftest import in_days

RUNS = reverse("services:nightly_runs")
STATES = [*ConnectionState] * 2


@pytest.fixture
def a_run(customer, olga):
    """`a_run(states)`: a finished run, `ago` days old, with a service for each item of these states."""

    def make(states, *, of=None, ago=0, before=None, causes=("",), finished=True):
        at = now() - timedelta(days=ago, hours=1)
        run, _new = NightlyRun.objects.get_or_create(
            date=at.date(), defaults={"began_at": at, "deadline_at": at + timedelta(minutes=55)}
        )
        for number, state in enumerate(states):
            name = f"n{ago}-{Service.objects.count()}"
            service = connect(make_service(of or customer, olga, name, invite=None), in_days(300))
            service.activate(actor_for(olga))
            CheckItem.objects.create(
                run=run, channel_id=service.channel_id, registration=service.app_registration, before=before,
                state=state, cause_name=causes[number % len(causes)], next_try_at=None if state else at,
                finished_at=at + timedelta(minutes=number), suspected_at=at,
            )  # fmt: skip
        RunTally.objects.filter(run=run).delete()
        if finished:
            NightlyRun.objects.filter(pk=run.pk).update(finished_at=at + timedelta(minutes=47))
            RunTally.take(run)
        run.refresh_from_db()
        return run

    return make


def url(run, state=""):
    args = [run.date, state] if state else [run.date]
    return reverse("services:nightly_items" if state else "services:nightly_run", args=args)


def words_of(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_runs_page_accounts_for_every_item(as_olga, a_run):
    run = a_run(STATES)

    answer = as_olga.get(url(run))

    account = answer.context["account"]
    assert (account.total, account.checked, account.not_checked) == (18, 16, 2)
    assert sum(row["count"] for row in answer.context["states"]) == 18
    shown = words_of(as_olga, url(run))
    assert "<h1>16 of 18 checked; 2 not checked</h1>" in shown
    assert "Every app registration ended in exactly one state." in shown
    for state in ConnectionState:
        assert url(run, state.slug) in shown
        assert len(as_olga.get(url(run, state.slug)).context["rows"]) == 2


def test_it_says_what_turned_and_why_some_were_not_checked(as_olga, a_run):
    a_run([ConnectionState.SECRET_REJECTED], before=ConnectionState.OK, causes=("wrong_secret",))
    a_run([ConnectionState.OK], before=ConnectionState.EXPIRED)
    a_run([ConnectionState.SECRET_REJECTED], before=ConnectionState.EXPIRED)
    causes = ("", "unreachable", "unreachable", "disconnected", "our_fault", "wrong_secret")
    run = a_run([ConnectionState.NOT_CHECKED] * 6, causes=causes)

    answer = as_olga.get(url(run))

    turned = answer.context["turned"]
    assert [len(turned["bad"]), len(turned["good"])] == [1, 1]
    shown = words_of(as_olga, url(run))
    for words in (
        "ok → secret rejected", "Entra rejected the client secret.", "expired → ok",
        "<h2 id=\"unchecked\">Why 6 were not checked</h2>",
        "Their turn did not come", "Microsoft asked to wait", "Disconnected or suspended",
        "wrong on our side", "Refused at the first look",
    ):  # fmt: skip
        assert words in shown


def test_it_compares_with_the_night_before_and_leads_there(as_olga, a_run):
    before = a_run([ConnectionState.OK] * 3, ago=1)
    run = a_run([ConnectionState.OK, ConnectionState.EXPIRED])

    rows = {row["state"]: row["change"] for row in as_olga.get(url(run)).context["states"]}

    assert (rows[ConnectionState.OK], rows[ConnectionState.EXPIRED]) == (-2, 1)
    assert f'href="{url(before)}" rel="prev"' in words_of(as_olga, url(run))
    assert f'href="{url(run)}" rel="next"' in words_of(as_olga, url(before))


def test_a_run_under_way_says_what_is_to_come(as_olga, a_run):
    run = a_run([ConnectionState.OK, None, None], finished=False)

    shown = words_of(as_olga, url(run))

    assert "<h1>1 of 3 checked; 2 to come</h1>" in shown
    assert "Running since" in shown
    assert "running" in words_of(as_olga, RUNS)


def test_an_operator_counts_and_lists_only_their_own_channels(as_olga, as_max, pia, a_run, other_channel):
    theirs = Customer.objects.create(channel=other_channel, name="Ostsee Klinikverbund")
    a_run([ConnectionState.NOT_CHECKED] * 2)
    run = a_run([ConnectionState.OK, ConnectionState.NOT_CHECKED], of=theirs)
    client = Client()
    client.force_login(pia)

    def seen(browser):
        account = browser.get(url(run)).context["account"]
        pulse = browser.get(RUNS).context["pulse"]
        rows = browser.get(url(run, "not-checked")).context["rows"]
        listed = browser.get(RUNS).context["rows"][0]
        return account.total, account.not_checked, pulse.total, pulse.not_checked, len(rows), listed.total

    assert seen(as_olga) == (2, 2, 2, 2, 2, 2)
    assert seen(as_max) == (2, 1, 2, 1, 1, 2)
    assert seen(client) == (4, 3, 4, 3, 3, 4)


def test_past_runs_are_listed_newest_first(as_olga, a_run):
    for ago in (2, 1, 0):
        a_run([ConnectionState.OK], ago=ago)

    rows = as_olga.get(RUNS).context["rows"]

    assert [row.run.date for row in rows] == sorted((row.run.date for row in rows), reverse=True)
    assert [(row.checked, row.total, row.minutes) for row in rows] == [(1, 1, 47)] * 3


@pytest.mark.parametrize("address", ["2026-02-30/", "1999-01-01/", "1999-01-01/ok/"])
def test_a_night_without_a_run_is_not_there(as_olga, address):
    assert as_olga.get(RUNS + address).status_code == 404


def test_a_state_that_is_none_is_not_there(as_olga, a_run):
    assert as_olga.get(url(a_run([ConnectionState.OK]), "splendid")).status_code == 404


def test_before_the_first_run_the_pages_say_so(as_olga):
    assert "No nightly run yet" in words_of(as_olga, RUNS)
    assert "No nightly run has ended yet" in words_of(as_olga, reverse("services:customers"))


@pytest.mark.parametrize(
    "name", ["dashboard", "notices", "services:services", "services:sbcs", "preferences"]
)
def test_the_pulse_is_at_the_foot_of_every_page(as_monica, a_run, name):
    run = a_run([ConnectionState.OK, ConnectionState.NOT_CHECKED])

    shown = words_of(as_monica, reverse(name))

    assert "Nightly run finished" in shown
    assert "1 of 2 checked" in shown
    assert f'<a href="{url(run, "not-checked")}">1 not checked</a>' in shown
    assert 'class="tl-pulse is-warn"' in shown


def test_a_pulse_without_trouble_is_calm_and_one_that_stopped_is_not(as_olga, a_run):
    run = a_run([ConnectionState.OK])
    calm = words_of(as_olga, RUNS)
    NightlyRun.objects.filter(pk=run.pk).update(began_at=now() - timedelta(hours=26))
    late = words_of(as_olga, RUNS)

    assert 'class="tl-pulse is-ok"' in calm
    assert 'class="tl-pulse is-warn"' in late
    assert "The next one is overdue: nothing was checked since." in late


def test_signed_out_there_is_no_pulse_and_no_run(client, db):
    assert "tl-pulse" not in client.get(reverse("account_login")).content.decode()
    assert client.get(RUNS).url == f"{reverse('account_login')}?next={RUNS}"


@pytest.mark.parametrize("finished", [True, False])
def test_three_of_each_take_as_many_queries_as_one(as_olga, a_run, queries_of, finished):
    def counts(run):
        pages = [RUNS, url(run), url(run, "secret-rejected")]
        return [queries_of(as_olga, page) for page in pages]

    kinds = [ConnectionState.SECRET_REJECTED, ConnectionState.OK, ConnectionState.NOT_CHECKED]
    a_run([ConnectionState.OK], ago=1)
    run = a_run(kinds, finished=finished)
    AppRegistration.objects.update(state=ConnectionState.OK)
    with_one = counts(run)
    a_run([ConnectionState.OK], ago=2)
    a_run(kinds * 2, finished=finished)

    assert counts(run) == with_one
    assert max(with_one) <= 9
