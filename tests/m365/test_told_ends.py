"""When a secret ends: from the tenant, else chosen by a person among several, else typed by one."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from m365.matching import KnownCredential
from m365.models import AppRegistration, Credential
from portal.core.clock import now
from portal.core.journal import JournalEntry
from portal.core.secrets import Secret
from tests.concurrency import at_once
from tests.conftest import actor_for

TYPED = datetime(2027, 11, 20, tzinfo=UTC)


@pytest.fixture
def credential(channel):
    registration = AppRegistration.objects.create(channel=channel, owner=uuid.uuid4())
    credential = Credential.sealed(registration, Secret("Ab3 is how it begins"))
    credential.state = Credential.State.ACTIVE
    credential.save()
    return credential


def match(name, days, hint="Ab3"):
    starts = now() - timedelta(days=1)
    return KnownCredential(uuid.uuid4(), name, hint, starts, starts + timedelta(days=days))


def facts(credential):
    credential.refresh_from_db()
    return credential.expiry, credential.key_id, credential.not_after, credential.expiry_by


@pytest.mark.django_db
def test_several_are_shown_and_not_guessed_and_the_earliest_is_what_to_be_ready_for(credential):
    early, late = match("old portal", 10), match("portal 2026", 300)

    credential.learn([late, early])

    assert facts(credential) == ("ambiguous", None, None, "")
    assert credential.candidates == [early, late]
    assert credential.earliest_end == early.ends


@pytest.mark.django_db
def test_the_chosen_one_stays_chosen_as_long_as_the_tenant_lists_it(credential, olga):
    early, late = match("old portal", 10), match("portal 2026", 300)
    credential.learn([early, late])

    assert credential.choose(late.key_id, actor_for(olga))
    credential.learn([late, early, match("a third", 20)])

    assert facts(credential) == ("chosen", late.key_id, late.ends, "Olga")
    credential.learn([early, match("a third", 20)])
    assert facts(credential) == ("ambiguous", None, None, "")


@pytest.mark.django_db
def test_a_choice_needs_a_name_no_more_once_the_tenant_lists_one_only(credential, olga):
    early, late = match("old portal", 10), match("portal 2026", 300)
    credential.learn([early, late])
    credential.choose(late.key_id, actor_for(olga))

    credential.learn([late])

    assert facts(credential) == ("known", late.key_id, late.ends, "")


@pytest.mark.django_db
def test_one_that_was_known_stays_known_when_another_begins_like_it(credential):
    ours = match("portal 2026", 300)
    credential.learn([ours])

    credential.learn([match("made later", 700), ours])

    assert facts(credential) == ("known", ours.key_id, ours.ends, "")


@pytest.mark.django_db
def test_what_is_not_listed_cannot_be_chosen(credential, olga):
    credential.learn([match("a", 10), match("b", 20)])

    assert not credential.choose(uuid.uuid4(), actor_for(olga))
    assert facts(credential)[0] == "ambiguous"


@pytest.mark.django_db
def test_a_typed_date_is_marked_with_who_typed_it_and_kept_until_the_tenant_tells(credential, olga):
    credential.learn([])
    assert credential.type_end(TYPED, actor_for(olga))

    credential.learn([])
    credential.learn([match("a", 10), match("b", 20)])
    assert facts(credential) == ("typed", None, TYPED, "Olga")
    assert credential.expiry_told_at is not None

    ours = match("portal 2026", 300)
    credential.learn([ours])
    assert facts(credential) == ("known", ours.key_id, ours.ends, "")
    assert credential.expiry_told_at is None


@pytest.mark.django_db
def test_what_the_tenant_told_is_not_typed_over(credential, olga):
    ours = match("portal 2026", 300)
    credential.learn([ours])

    assert not credential.type_end(TYPED, actor_for(olga))
    assert not credential.choose(ours.key_id, actor_for(olga))
    assert facts(credential)[:2] == ("known", ours.key_id)


@pytest.mark.django_db
def test_nobody_tells_the_end_of_a_secret_that_was_replaced(credential, olga):
    credential.wipe(Credential.State.RETIRED)

    assert not credential.type_end(TYPED, actor_for(olga))
    assert not credential.may_be_told


@pytest.mark.django_db
def test_who_told_is_in_the_journal_once_however_often_it_is_sent(credential, olga):
    ours = match("b", 20)
    credential.learn([match("a", 10), ours])
    credential.type_end(TYPED, actor_for(olga))
    credential.type_end(TYPED, actor_for(olga))
    credential.choose(ours.key_id, actor_for(olga))
    credential.choose(ours.key_id, actor_for(olga))

    typed, chosen = JournalEntry.objects.order_by("created_at")
    assert [typed.verb, chosen.verb] == ["m365.secret_end_typed", "m365.secret_chosen"]
    assert typed.about == [credential.registration_id, credential.pk]
    assert (chosen.operator, chosen.detail.values) == (olga, {"key_id": str(ours.key_id)})


@pytest.mark.django_db(transaction=True)
def test_a_choice_made_while_microsoft_answers_is_not_overwritten(credential, olga):
    early, late = match("old portal", 10), match("portal 2026", 300)
    credential.learn([early, late])
    seen_by_the_worker = Credential.objects.get(pk=credential.pk)

    credential.choose(late.key_id, actor_for(olga))
    seen_by_the_worker.learn([early, late])

    assert facts(credential) == ("chosen", late.key_id, late.ends, "Olga")


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_tell_at_the_same_moment_both_are_heard_in_turn(credential, olga):
    early, late = match("old portal", 10), match("portal 2026", 300)
    credential.learn([early, late])

    answers = at_once(
        *[
            lambda key=key: Credential.objects.get(pk=credential.pk).choose(key, actor_for(olga))
            for key in (early.key_id, late.key_id)
        ]
    )

    assert answers == [True, True]
    assert facts(credential)[1] in (early.key_id, late.key_id)


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "long"), [(366, False), (367, True), (730, True)])
def test_a_life_of_more_than_a_year_is_called_long(credential, days, long):
    credential.learn([match("portal", days)])

    assert credential.lives_long is long
