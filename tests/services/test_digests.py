"""The digest: one mail a run and recipient, what is new only, the most urgent first."""

import pytest

from m365.models import NightlyRun
from portal.core.clock import now
from portal.core.outbox import MailState, OutboxMail
from portal.core.roles import Role
from portal.core.tasks import drain_mail
from services import digests
from services.models import Customer
from services.tasks import follow_up
from tests.conftest import actor_for, connect, make_operator, make_service
from tests.m365.nights import a_night_passes
from tests.services.conftest import connect_live, in_days
from tests.services.nights import the_night_passes


def digests_to(mailbox):
    """By recipient, what this test's mailbox holds of the night's mails."""
    return {mail.to[0]: mail for mail in mailbox if mail.subject.startswith("Nightly check")}


def break_(entra, service):
    entra.application_of(service.app_registration).secrets.clear()


def test_what_is_new_comes_once_to_each_operator_the_most_urgent_first_by_customer(
    deployed, entra, channel, olga, mailbox
):
    other = Customer.objects.create(channel=channel, name="Möwe Reederei")
    deployed("soon", ends_in_days=25.5)
    deployed("sooner", ends_in_days=0.5, of=other)
    broken = deployed("broken")
    deployed("fine")
    break_(entra, broken)
    run = the_night_passes()
    the_night_passes()

    assert list(digests_to(mailbox)) == [olga.email]
    mail = digests_to(mailbox)[olga.email]
    assert mail.subject == "Nightly check: 1 broken, 2 secrets near their end"
    places = [
        mail.text.index(words)
        for words in (
            "Brightwater Dental Group", "broken: Secret rejected: Entra rejected the client secret.",
            "soon: The client secret ends in 25 days",
            "Möwe Reederei", "sooner: The client secret ends in less than 24 hours",
            "4 of 4 checked, 0 not checked", f"/nightly-runs/{run.date}/",
        )
    ]  # fmt: skip
    assert places == sorted(places)
    assert "fine" not in mail.text
    assert OutboxMail.objects.get(kind=digests.DIGEST).key == f"digest/{run.pk}/{olga.pk}"
    for words in ("Möwe Reederei", "Entra rejected the client secret.", "Switch it off"):
        assert words in mail.html


def test_a_night_without_news_sends_nothing(deployed, later, entra, mailbox):
    broken = deployed("broken")
    deployed("soon", ends_in_days=25.5)
    break_(entra, broken)
    the_night_passes()
    first = len(digests_to(mailbox))
    mailbox.clear()
    later(days=1)
    the_night_passes()

    assert (first, digests_to(mailbox)) == (1, {})


def test_what_works_again_is_news(deployed, later, entra, olga, mailbox):
    service = deployed("kestrel")
    break_(entra, service)
    the_night_passes()
    app = entra.application_of(service.app_registration)
    connect_live(service, app, app.add_secret(ends_in_days=300), olga)
    mailbox.clear()
    later(days=1)
    the_night_passes()

    mail = digests_to(mailbox)[olga.email]
    assert mail.subject == "Nightly check: 1 working again"
    assert "kestrel: Works again; the night before it was “secret rejected”." in mail.text


def test_who_gets_it_can_act_in_a_channel_with_news_and_wants_it(
    deployed, channel, other_channel, olga, max_, monica, pia, mailbox
):
    operator = make_operator("omar@nordhafen.example", channel, Role.OPERATOR)
    make_operator("lite@nordhafen.example", channel, Role.OPERATOR_LITE)
    for number, change in enumerate(({"nightly_digest": False}, {"is_active": False})):
        silent = make_operator(f"silent{number}@nordhafen.example", channel, Role.ADMIN)
        type(silent).objects.filter(pk=silent.pk).update(**change)
    deployed("kestrel", ends_in_days=6.5)
    the_night_passes()

    assert sorted(digests_to(mailbox)) == sorted([olga.email, operator.email, pia.email])


def test_nobody_reads_of_another_channel_and_everybody_counts_their_own(
    deployed, other_channel, olga, max_, pia, mailbox
):
    others = Customer.objects.create(channel=other_channel, name="Ostsee Klinikverbund")
    deployed("ours", ends_in_days=6.5)
    deployed("theirs", ends_in_days=6.5, of=others, by=max_)
    the_night_passes()

    mails = digests_to(mailbox)
    assert {to: ("ours:" in mail.text, "theirs:" in mail.text) for to, mail in mails.items()} == {
        olga.email: (True, False),
        max_.email: (False, True),
        pia.email: (True, True),
    }
    assert "1 of 1 checked" in mails[olga.email].text
    assert "2 of 2 checked" in mails[pia.email].text


def test_times_are_in_the_operators_own_zone(deployed, olga, mailbox):
    olga.time_zone = "Asia/Kolkata"
    olga.save()
    deployed("kestrel", ends_in_days=6.5)
    the_night_passes()

    assert digests_to(mailbox)[olga.email].text.count("(UTC+5:30, Asia/Kolkata)") == 2


@pytest.mark.parametrize("since", ["renewed", "switched off", "out of the channel", "account closed"])
def test_a_digest_that_is_no_longer_true_or_wanted_when_it_leaves_is_withdrawn(
    deployed, entra, olga, mailbox, since
):
    service = deployed("kestrel", ends_in_days=6.5)
    a_night_passes()
    follow_up()
    if since == "renewed":
        app = entra.application_of(service.app_registration)
        connect_live(service, app, app.add_secret(ends_in_days=300), olga)
    elif since == "out of the channel":
        olga.memberships.all().delete()
    else:
        change = {"switched off": {"nightly_digest": False}, "account closed": {"is_active": False}}
        type(olga).objects.filter(pk=olga.pk).update(**change[since])
    drain_mail()

    assert OutboxMail.objects.get(kind=digests.DIGEST).state == MailState.WITHDRAWN
    assert digests_to(mailbox) == {}


def test_a_mail_lists_the_most_urgent_and_counts_the_rest(customer, olga, mailbox):
    for number in range(digests.LINES + 1):
        service = connect(make_service(customer, olga, f"no-{number}", invite=None), in_days(5, hours=number))
        service.activate(actor_for(olga))
    NightlyRun.objects.create(date="2026-01-01", began_at=now(), deadline_at=now(), finished_at=now())
    follow_up()
    drain_mail()

    mail = digests_to(mailbox)[olga.email]
    assert mail.subject == f"Nightly check: {digests.LINES + 1} secrets near their end"
    assert "\n1 more stands on the page of the run.\n" in mail.text
    assert (f"no-{digests.LINES - 1}:" in mail.text, f"no-{digests.LINES}:" in mail.text) == (True, False)
