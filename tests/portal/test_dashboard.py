from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal import dashboard
from portal.core import smtp
from portal.core.outbox import OutboxMail
from tests.conftest import actor_for, connect, make_service
from tests.services.conftest import ended, in_days, refused, signed_in

URL = reverse("dashboard")


def page(client):
    answer = client.get(URL)
    assert answer.status_code == 200
    return answer


def listed(answer):
    return {
        group["kind"].name: [line["service"].short_name for line in group["lines"]]
        for group in answer.context["groups"]
    }


def one_of_each(customer, olga, number):
    """A broken, a ready and an ending service, and one whose mail was refused."""
    for name, ends_in, outcome in (("broken", 200, refused()), ("ending", 6, signed_in())):
        service = connect(make_service(customer, olga, f"{name}-{number}"), in_days(ends_in))
        service.activate(actor_for(olga))
        ended(service, olga, outcome)
    connect(make_service(customer, olga, f"ready-{number}"))
    lost = make_service(customer, olga, f"lost-{number}")
    mail = OutboxMail.objects.about(lost.invitation.uuid).get()
    assert mail.conclude(smtp.Delivery(smtp.Outcome.REFUSED, 550, "no such mailbox"))


def test_each_kind_of_work_is_listed_with_one_verb(as_olga, olga, customer):
    one_of_each(customer, olga, 1)

    answer = page(as_olga)

    shown = answer.content.decode()
    assert listed(answer) == {
        "broken": ["broken-1"], "ready": ["ready-1"], "undelivered": ["lost-1"], "ending": ["ending-1"],
    }  # fmt: skip
    assert shown.count('<a class="btn btn-sm') == 4
    for words in ("Open connection", "Add<span", "Correct address", "6 days left", "could not be delivered"):
        assert words in shown
    assert answer.context["summary"] == (
        "One connection is broken, one customer is ready for you to finish, one mail did not arrive "
        "and one secret ends soon."
    )


def test_a_wrong_address_is_one_click_from_its_correction(as_olga, olga, customer):
    one_of_each(customer, olga, 1)
    lost = customer.services.get(short_name="lost-1")

    assert (
        f'href="{reverse("services:resend", args=[lost.pk])}">Correct address'
        in page(as_olga).content.decode()
    )


def test_more_than_fit_are_counted_truly(as_olga, olga, customer):
    for number in range(dashboard.ROWS + 1):
        connect(make_service(customer, olga, f"ready-{number}"))

    answer = page(as_olga)

    assert len(listed(answer)["ready"]) == dashboard.ROWS
    assert "8 of 9" in answer.content.decode()
    assert answer.context["summary"] == "9 are ready for you to finish."


def test_a_mail_that_was_sent_again_and_arrived_is_no_work(as_olga, olga, customer):
    one_of_each(customer, olga, 1)
    lost = customer.services.get(short_name="lost-1")
    lost.invitation.resend("right@brightwater.example", actor_for(olga))

    assert "undelivered" not in listed(page(as_olga))


def test_an_invitation_that_was_revoked_is_no_work(as_olga, olga, customer):
    one_of_each(customer, olga, 1)
    customer.services.get(short_name="lost-1").invitation.revoke(actor_for(olga))

    assert "undelivered" not in listed(page(as_olga))


def test_when_nothing_is_to_do_it_says_what_was_looked_at(as_olga, service):
    shown = page(as_olga).content.decode()

    assert "Nothing needs you right now" in shown


def test_before_the_first_service_it_says_how_to_begin(as_olga, as_monica):
    beginning = reverse("services:onboarding")

    assert "No service yet" in page(as_olga).content.decode()
    assert beginning in page(as_olga).content.decode()
    assert beginning not in page(as_monica).content.decode()


def test_other_channels_neither_show_nor_count(as_max, olga, customer):
    one_of_each(customer, olga, 1)

    answer = page(as_max)

    assert (listed(answer), answer.context["summary"]) == ({}, "")


def test_a_monitor_is_shown_the_work_and_offered_no_add(as_monica, connected):
    shown = page(as_monica).content.decode()

    assert "brightwater" in shown
    assert reverse("services:onboarding_registration", args=[connected.pk]) not in shown


def test_signed_out_it_leads_to_sign_in(client, db):
    assert client.get(URL).url == f"{reverse('account_login')}?next={URL}"


def test_three_of_each_take_as_many_queries_as_one(as_olga, olga, customer):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            page(as_olga)
        return len(captured)

    one_of_each(customer, olga, 1)
    with_one = queries()
    one_of_each(customer, olga, 2)
    one_of_each(customer, olga, 3)

    assert (
        queries() == with_one <= 10
    )  # four lists, their counts, session, operator, their standing, the pulse, and the heartbeats
