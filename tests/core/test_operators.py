"""Operators are invited by mail, get roles from admins of their channel, and are switched off by them."""

import re
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from portal.core.journal import JournalEntry
from portal.core.outbox import OutboxMail
from portal.core.roles import Role
from portal.core.tasks import drain_mail
from portal.core.tenancy import Membership, Operator
from tests.conftest import PASSWORD, make_operator
from tests.signing_in import code_for, freshly, sign_in

LIST, INVITE = reverse("operators"), reverse("invite_operator")
NEW = "grey herons stand on one leg"


@pytest.fixture
def admin(as_olga):
    return freshly(as_olga)


@pytest.fixture
def as_pia(pia):
    client = Client()
    client.force_login(pia, "allauth.account.auth_backends.AuthenticationBackend")
    return freshly(client)


@pytest.fixture
def omar(channel):
    return make_operator("omar@nordhafen.example", channel)


def page(operator):
    return reverse("operator", args=[operator.pk])


def form(channel, **values):
    usual = {"name": "Nora", "email": "nora@nordhafen.example", "role": "operator"}
    return usual | {"channel": channel.pk if channel else ""} | values


def roles(email):
    return set(Membership.objects.filter(operator__email=email).values_list("channel__name", "role"))


def test_k03_who_is_invited_chooses_a_password_sets_up_a_second_factor_and_comes_in(admin, channel, mailbox):
    answer = admin.post(INVITE, form(channel, email="Nora@Nordhafen.example"))
    nora = Operator.objects.get(email="nora@nordhafen.example")
    assert answer["Location"] == page(nora)
    drain_mail()
    [mail] = mailbox
    assert (mail.to, mail.subject) == (
        ["nora@nordhafen.example"],
        "Olga invites you to Nordhafen Voice’s portal",
    )

    visitor = Client()
    [link] = re.findall(r"http\S+/choose-password/\S+", mail.text)
    clean = visitor.get(urlsplit(link).path)
    visitor.post(clean["Location"], {"password1": NEW, "password2": NEW})
    visitor.post(reverse("account_login"), {"login": nora.email, "password": NEW})
    assert visitor.get(reverse("dashboard"))["Location"] == reverse("mfa_index")

    code_for(nora)
    assert sign_in(Client(), nora, NEW)["Location"] == reverse("dashboard")


def test_the_link_is_good_once_and_no_link_is_stored(admin, channel, mailbox):
    admin.post(INVITE, form(channel))
    drain_mail()
    [link] = re.findall(r"http\S+/choose-password/\S+", mailbox[-1].text)
    path = urlsplit(link).path
    stored = " ".join(str(value) for mail in OutboxMail.objects.values() for value in mail.values())
    assert path.rstrip("/").rpartition("/")[2] not in stored

    clean = Client().get(path)
    assert clean.status_code == 302
    visitor = Client()
    visitor.post(visitor.get(path)["Location"], {"password1": NEW, "password2": NEW})

    assert "This link is worn out" in Client().get(path).content.decode()


def test_what_was_done_is_journalled_with_who_and_where(admin, channel, olga):
    admin.post(INVITE, form(channel))
    nora = Operator.objects.get(email="nora@nordhafen.example")

    entries = JournalEntry.objects.filter(about__contains=[nora.pk]).order_by("created_at")
    assert [(entry.verb, entry.operator) for entry in entries] == [
        ("operator.invited", olga),
        ("operator.role_granted", olga),
    ]
    assert entries[1].detail.values == {"role": "Operator", "place": "Nordhafen Direct", "before": ""}
    assert channel.pk in entries[1].about


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"name": ""}, "name"),
        ({"role": "king"}, "role"),
        ({"channel": ""}, "channel"),  # a channel's admin gives no role for the provider
        ({"email": "olga@nordhafen.example"}, "email"),  # she works there already
    ],
)
def test_bad_values_are_told_beside_their_field_and_nothing_is_made(admin, channel, values, field):
    answer = admin.post(INVITE, form(channel) | values)

    assert field in answer.context["form"].errors
    assert Operator.objects.count() == 1


def test_t29_a_channels_admin_gives_no_role_elsewhere(admin, channel, other_channel):
    answer = admin.post(INVITE, form(other_channel))

    assert "channel" in answer.context["form"].errors
    assert other_channel.name not in admin.get(INVITE).content.decode()


def test_an_admin_of_the_provider_gives_roles_everywhere(as_pia, other_channel):
    as_pia.post(INVITE, form(other_channel))
    as_pia.post(INVITE, form(None, email="paul@nordhafen.example", role="admin"))

    assert roles("nora@nordhafen.example") == {(other_channel.name, "operator")}
    assert roles("paul@nordhafen.example") == {(None, "admin")}


def test_who_has_an_account_gets_the_role_and_a_mail_and_keeps_the_password(admin, channel, max_, mailbox):
    admin.post(INVITE, form(channel, email=max_.email, name="Somebody else"))
    drain_mail()

    max_.refresh_from_db()
    assert (max_.name, max_.check_password(PASSWORD)) == ("Max", True)
    assert roles(max_.email) == {("Nordhafen Direct", "operator"), ("Telko Partner Süd", "admin")}
    assert "You have a role in Nordhafen Direct now: Operator." in mailbox[-1].text


def test_t29_the_list_shows_nobody_of_another_channel(admin, omar, max_, pia):
    shown = admin.get(LIST).content.decode()

    assert omar.email.partition("@")[0] in shown
    assert max_.name not in shown.partition("<main")[2]
    assert pia.name not in shown.partition("<main")[2]


def test_t29_somebody_of_two_channels_is_shown_with_the_role_of_this_one_alone(admin, omar, other_channel):
    omar.memberships.create(channel=other_channel, role=Role.ADMIN)

    for url in (LIST, page(omar)):
        assert other_channel.name not in admin.get(url).content.decode()


@pytest.mark.parametrize("name", ["operator", "grant_role", "change_account"])
def test_t29_others_are_not_there(admin, max_, name):
    url = reverse(name, args=[max_.pk])
    answer = admin.get(url) if name == "operator" else admin.post(url, {"act": "off", "role": "monitor"})

    assert answer.status_code == 404
    max_.refresh_from_db()
    assert max_.is_active


def test_t29_a_role_of_another_channel_cannot_be_withdrawn(admin, omar, other_channel):
    theirs = omar.memberships.create(channel=other_channel, role=Role.ADMIN)

    answer = admin.post(reverse("withdraw_role", args=[omar.pk, theirs.pk]))

    assert answer.status_code == 404
    assert omar.memberships.count() == 2


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.OPERATOR_LITE, Role.MONITOR])
def test_only_admins_come_here(client, channel, omar, role):
    person = make_operator("person@nordhafen.example", channel, role)
    client.force_login(person, "allauth.account.auth_backends.AuthenticationBackend")
    freshly(client)

    assert [client.get(url).status_code for url in (LIST, INVITE, page(omar))] == [403, 403, 403]
    assert client.post(reverse("change_account", args=[omar.pk]), {"act": "off"}).status_code == 403
    assert f'href="{LIST}"' not in client.get(reverse("dashboard")).content.decode()


def test_another_role_takes_the_place_of_the_one_there(admin, omar, channel):
    admin.post(reverse("grant_role", args=[omar.pk]), {"channel": channel.pk, "role": "monitor"})

    assert roles(omar.email) == {("Nordhafen Direct", "monitor")}
    entry = JournalEntry.objects.get(verb="operator.role_granted")
    assert entry.detail.values == {"role": "Monitor", "place": "Nordhafen Direct", "before": "Operator"}


def test_who_has_no_role_any_more_sees_nothing(admin, omar, customer):
    admin.post(reverse("withdraw_role", args=[omar.pk, omar.memberships.get().pk]))
    client = Client()
    client.force_login(omar, "allauth.account.auth_backends.AuthenticationBackend")

    assert customer.name not in client.get(reverse("services:customers")).content.decode()


def test_who_is_switched_off_is_out_at_the_next_click_and_in_again_when_switched_on(admin, omar):
    client = Client()
    client.force_login(omar, "allauth.account.auth_backends.AuthenticationBackend")
    url = reverse("change_account", args=[omar.pk])

    admin.post(url, {"act": "off"})
    out = client.get(reverse("dashboard"))
    admin.post(url, {"act": "on"})

    assert out["Location"].startswith(reverse("account_login"))
    assert sign_in(client, omar)["Location"] == reverse("dashboard")


def test_t23_who_lost_everything_begins_anew_with_an_invitation_and_without_a_factor(admin, omar, mailbox):
    sign_in(client := Client(), omar)
    assert client.get(reverse("dashboard")).status_code == 200

    admin.post(reverse("change_account", args=[omar.pk]), {"act": "anew"})
    drain_mail()

    assert client.get(reverse("dashboard")).status_code == 302
    omar.refresh_from_db()
    assert (omar.has_usable_password(), omar.second_factor_since) == (False, None)
    assert mailbox[-1].to == [omar.email]
    assert "choose-password" in mailbox[-1].text


def test_t29_an_account_with_roles_elsewhere_is_not_this_admins_to_switch_off(admin, omar, other_channel):
    omar.memberships.create(channel=other_channel, role=Role.MONITOR)

    for act in ("off", "anew"):
        admin.post(reverse("change_account", args=[omar.pk]), {"act": act})

    omar.refresh_from_db()
    assert (omar.is_active, omar.has_usable_password()) == (True, True)


def test_an_act_that_no_button_sends_is_refused_and_changes_nothing(admin, omar):
    assert admin.post(reverse("change_account", args=[omar.pk]), {"act": "delete"}).status_code == 400

    omar.refresh_from_db()
    assert (omar.is_active, omar.has_usable_password()) == (True, True)


def test_nobody_changes_their_own_account(admin, olga, channel):
    admin.post(reverse("grant_role", args=[olga.pk]), {"channel": channel.pk, "role": "monitor"})
    admin.post(reverse("withdraw_role", args=[olga.pk, olga.memberships.get().pk]))
    admin.post(reverse("change_account", args=[olga.pk]), {"act": "off"})

    olga.refresh_from_db()
    assert olga.is_active
    assert roles(olga.email) == {("Nordhafen Direct", "admin")}


def test_t32_a_change_asks_for_the_password_again(as_olga, omar):
    urls = [INVITE, *(reverse(name, args=[omar.pk]) for name in ("grant_role", "change_account"))]
    urls.append(reverse("withdraw_role", args=[omar.pk, omar.memberships.get().pk]))

    for url in urls:
        answer = as_olga.post(url, {"act": "off", "role": "monitor"})
        assert answer["Location"].startswith(reverse("account_reauthenticate")), url
    omar.refresh_from_db()
    assert omar.is_active


def test_t32_and_is_done_once_it_is_confirmed(as_olga, omar):
    url = reverse("change_account", args=[omar.pk])
    asked = as_olga.post(url, {"act": "off"})

    as_olga.post(asked["Location"], {"password": PASSWORD, "next": url})

    omar.refresh_from_db()
    assert not omar.is_active


def test_sent_twice_it_is_one_invitation(admin, channel):
    for _ in range(2):
        admin.post(INVITE, form(channel))

    assert Operator.objects.filter(email="nora@nordhafen.example").count() == 1
    assert OutboxMail.objects.filter(kind="core.operator_invitation").count() == 1


def test_the_list_asks_as_often_at_three_rows_as_at_one(admin, channel, django_assert_max_num_queries):
    for name in ("one", "two", "three"):
        make_operator(f"{name}@nordhafen.example", channel)
    with django_assert_max_num_queries(8):
        admin.get(LIST)
