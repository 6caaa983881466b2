"""What operators choose for themselves."""

from django.urls import reverse

from portal.core.journal import JournalEntry

URL = reverse("preferences")


def test_the_nightly_mail_is_on_until_it_is_switched_off(as_olga, olga):
    before = as_olga.get(URL).content.decode()
    as_olga.post(URL, {})
    olga.refresh_from_db()
    off = olga.nightly_digest
    as_olga.post(URL, {"nightly_digest": "on"})
    as_olga.post(URL, {"nightly_digest": "on"})
    olga.refresh_from_db()

    assert "checked" in before.partition('name="nightly_digest"')[2].partition(">")[0]
    assert (off, olga.nightly_digest) == (False, True)
    entries = JournalEntry.objects.filter(verb="operator.preferences_changed").order_by("created_at")
    assert [(entry.about, entry.detail.values["nightly_digest"]) for entry in entries] == [
        ([olga.pk], False),
        ([olga.pk], True),
    ]


def test_they_are_the_operators_own(as_olga, olga, max_):
    as_olga.post(URL, {})
    max_.refresh_from_db()

    assert max_.nightly_digest is True


def test_the_page_is_one_click_from_every_page_and_behind_the_sign_in(as_monica, client):
    assert f'href="{URL}"' in as_monica.get("/notices/").content.decode()
    assert client.get(URL).url == f"{reverse('account_login')}?next={URL}"
