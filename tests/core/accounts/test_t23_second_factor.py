"""T23: an operator's account is taken over by no password alone; recovery is no weaker than the factor."""

import re
import time
from types import SimpleNamespace

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as allauth_totp
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from django.db import connection
from django.urls import reverse

from portal import totp
from portal.core.journal import JournalEntry
from portal.core.middleware import SETTING_UP
from portal.core.outbox import OutboxMail
from portal.core.sealing import Unsealable
from portal.core.tasks import drain_mail
from tests.conftest import PASSWORD
from tests.core.test_sign_in import PUBLIC, routes
from tests.signing_in import APP_KEY, code_for, sign_in

INDEX, ADD_APP = reverse("mfa_index"), reverse("mfa_activate_totp")
ENTER, CODES = reverse("mfa_authenticate"), reverse("mfa_view_recovery_codes")


@pytest.fixture
def new_olga(client, olga):
    """Olga, who has a password and no second factor yet, after the first step of her sign-in."""
    olga.second_factor_since = None
    olga.save()
    client.post(reverse("account_login"), {"login": olga.email, "password": PASSWORD})
    return client


def set_up_app(client):
    """As somebody with an authenticator app does; its key."""
    page = client.get(ADD_APP).content.decode()
    key = re.search(r'<pre id="app-key"[^>]*>([A-Z2-7]{32})</pre>', page)[1]
    answer = client.post(ADD_APP, {"code": totp.code_at(key, time.time())})
    assert answer["Location"] == CODES
    return key


@pytest.mark.parametrize(("name", "path"), sorted(set(routes()) - {("account_logout", "/sign-out/")}))
def test_t23_a_password_alone_reaches_nothing_but_the_setting_up(new_olga, name, path):
    for method in ("get", "post"):
        answer = getattr(new_olga, method)(path)

        led_away = answer.status_code == 302 and answer["Location"] == INDEX
        assert led_away or name in PUBLIC | SETTING_UP, f"{method} {path} answered {answer.status_code}"


@pytest.mark.django_db(transaction=True)  # allauth tells of a new factor once it is committed
def test_t23_who_has_set_up_an_app_comes_in_and_is_asked_for_it_from_then_on(new_olga, olga, client):
    key = set_up_app(new_olga)
    assert new_olga.get(reverse("dashboard")).status_code == 200
    client.logout()

    first = client.post(reverse("account_login"), {"login": olga.email, "password": PASSWORD})
    between = client.get(reverse("dashboard"))
    wrong = client.post(ENTER, {"code": "000000"})
    last = client.post(ENTER, {"code": totp.code_at(key, time.time())})

    assert first["Location"] == ENTER
    assert between["Location"].startswith(reverse("account_login"))
    assert "not right, was used already, or is too old" in wrong.content.decode()
    assert last["Location"] == reverse("dashboard")


def test_t33_a_wrong_code_is_journalled_with_its_source(client, olga):
    code_for(olga)
    client.post(reverse("account_login"), {"login": olga.email, "password": PASSWORD})

    client.post(ENTER, {"code": "000000"}, REMOTE_ADDR="198.51.100.7")

    [entry] = JournalEntry.objects.filter(verb="second_factor.refused")
    assert (entry.about, entry.operator, entry.detail.source) == ([olga.pk], None, "198.51.100.7")


def test_t23_a_code_is_good_once(client, olga):
    code_for(olga)
    code = totp.code_at(APP_KEY, time.time())
    answers = []
    for _ in range(2):
        client.post(reverse("account_login"), {"login": olga.email, "password": PASSWORD})
        answers.append(client.post(ENTER, {"code": code}).status_code)
        client.logout()

    assert answers == [302, 200]


@pytest.mark.parametrize(("steps", "status"), [(-2, 200), (-1, 302), (0, 302), (1, 302), (2, 200)])
def test_t23_who_types_while_the_code_changes_is_let_in_and_nobody_later(
    client, olga, monkeypatch, steps, status
):
    code_for(olga)
    monkeypatch.setattr(allauth_totp, "time", SimpleNamespace(time=lambda: 1_800_000_000.0))
    client.post(reverse("account_login"), {"login": olga.email, "password": PASSWORD})

    answer = client.post(ENTER, {"code": totp.code_at(APP_KEY, 1_800_000_000 + steps * 30)})

    assert answer.status_code == status


def test_t23_a_code_is_good_once_for_as_long_as_it_is_good_at_all(client, olga):
    code_for(olga)
    code = totp.code_at(APP_KEY, time.time())
    answers = []
    for _ in range(2):
        client.post(reverse("account_login"), {"login": olga.email, "password": PASSWORD})
        answers.append(client.post(ENTER, {"code": code}).status_code)
        client.logout()
        cache.delete(
            f"allauth.mfa.totp.used?user={olga.pk}&code={code}"
        )  # as it does itself after 30 seconds

    assert answers == [302, 200]


def test_t23_a_recovery_code_is_good_once_and_the_list_is_shown_once(new_olga, olga, client):
    set_up_app(new_olga)
    shown, again = (new_olga.get(CODES).content.decode() for _ in range(2))
    codes = re.findall(r"\b\d{10}\b", shown)
    assert len(codes) == 10
    assert not any(code in again for code in codes)
    client.logout()

    answers = []
    for _ in range(2):
        client.post(reverse("account_login"), {"login": olga.email, "password": PASSWORD})
        answers.append(client.post(ENTER, {"code": codes[0]}).status_code)
        client.logout()
    assert answers == [302, 200]


def test_t23_recovery_codes_alone_are_no_second_factor(client, olga):
    RecoveryCodes.activate(olga)

    client.post(reverse("account_login"), {"login": olga.email, "password": PASSWORD})

    assert client.get(reverse("dashboard"))["Location"] == INDEX


def test_t23_the_only_factor_cannot_be_removed(client, olga):
    sign_in(client, olga)

    answer = client.post(reverse("mfa_deactivate_totp"))

    assert "set up another one first" in answer.content.decode()
    assert Authenticator.objects.filter(user=olga, type=Authenticator.Type.TOTP).exists()


def test_t23_a_factor_that_is_gone_from_the_database_is_missed_at_the_next_sign_in(client, olga):
    client.post(reverse("account_login"), {"login": olga.email, "password": PASSWORD})
    olga.refresh_from_db()

    assert olga.second_factor_since is None
    assert client.get(reverse("dashboard"))["Location"] == INDEX


def test_t23_what_changes_a_factor_asks_for_the_password_again(as_olga, olga):
    code_for(olga)
    urls = [
        reverse(name) for name in ("mfa_deactivate_totp", "mfa_generate_recovery_codes", "mfa_add_webauthn")
    ]

    for url in urls:
        assert as_olga.get(url)["Location"].startswith(reverse("account_reauthenticate")), url
        assert as_olga.post(url)["Location"].startswith(reverse("account_reauthenticate")), url


@pytest.mark.django_db(transaction=True)
def test_t23_setting_up_is_journalled_and_mailed_and_nothing_of_it_is_secret(new_olga, olga, mailbox):
    key = set_up_app(new_olga)
    drain_mail()

    entry = JournalEntry.objects.get(verb="second_factor.added")
    assert (entry.about, entry.operator, entry.detail.values) == (
        [olga.pk],
        olga,
        {"factor": "authenticator app"},
    )
    [mail] = mailbox
    assert (mail.to, mail.subject) == ([olga.email], "Something about your sign-in was changed")
    assert "A second factor was added to your account: authenticator app." in mail.text
    assert key not in mail.text + str(entry.detail.values)


def test_t20_neither_an_apps_key_nor_recovery_codes_stand_in_the_database(new_olga, olga):
    page = new_olga.get(ADD_APP).content.decode()
    key = re.search(r'<pre id="app-key"[^>]*>([A-Z2-7]{32})</pre>', page)[1]
    before = dump()
    new_olga.post(ADD_APP, {"code": totp.code_at(key, time.time())})
    codes = re.findall(r"\b\d{10}\b", new_olga.get(CODES).content.decode())

    assert len(codes) == 10
    for secret in [key, *codes]:
        assert secret not in before + dump()


def dump():
    """What somebody reads who has the tables of sign-in; sessions are decoded, as their encoding hides nothing."""
    from django.contrib.sessions.models import Session

    sessions = [str(session.get_decoded()) for session in Session.objects.all()]
    with connection.cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator")
        return " ".join([*sessions, *(row[0] for row in cursor.fetchall())])


def test_t20_a_key_sealed_for_something_else_opens_no_account(olga, settings):
    code_for(olga)
    row = Authenticator.objects.get(user=olga, type=Authenticator.Type.TOTP)
    version, key_id, text = row.data["secret"].split(".")
    row.data["secret"] = f"{version}.{key_id}.{text[:-6]}AAAA{text[-2:]}"

    with pytest.raises(Unsealable):
        TOTP(row).validate_code("000000")


def test_an_app_made_of_the_former_key_is_sealed_anew_with_the_rest(olga, settings):
    from portal.core.resealing import keys_in_use, reseal
    from portal.core.sealing import first_key
    from tests.core.test_resealing import rotate

    code_for(olga)
    former = rotate(settings)
    done = list(reseal())
    settings.SEALING_KEYS = settings.SEALING_KEYS[: -len(former)]

    assert [(progress.name, progress.done) for progress in done] == [("mfa.Authenticator.data", 2)]
    assert keys_in_use() == {first_key()}
    app = Authenticator.objects.get(user=olga, type=Authenticator.Type.TOTP)
    assert TOTP(app).validate_code(totp.code_at(APP_KEY, time.time()))


def test_what_is_sealed_with_a_lost_key_is_named_and_left(olga, settings):
    from portal.core.resealing import reseal
    from tests.core.test_resealing import new_key

    code_for(olga)
    settings.SEALING_KEYS = [new_key()]

    [progress] = list(reseal())

    assert (progress.done, len(progress.unsealable)) == (0, 2)


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
    ],
)
def test_the_demos_codes_are_those_of_rfc_6238(moment, code):
    key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890", as in its appendix B

    assert totp.code_at(key, moment) == code


def test_no_mail_is_a_second_factor(new_olga):
    """What the sign-in offers: app, passkey, recovery codes."""
    page = new_olga.get(INDEX).content.decode()

    assert "Authenticator app" in page
    assert "Passkey" in page
    assert "mail" not in page.partition("<main")[2].partition("</main>")[0].lower()
    assert not OutboxMail.objects.exists()
