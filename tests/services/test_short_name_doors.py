"""Whichever door a short name comes to, it is told the same: forms, model, the word while it is typed, the database."""

import unicodedata
from contextlib import contextmanager

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services import names
from services.models import Service
from services.onboarding.forms import IN_USE, TenantForm
from services.onboarding.pending_service import PendingServiceForm
from services.onboarding.short_name import look_at
from tests.conftest import make_service
from tests.services.short_names import APART, BROKEN, LEGAL, TWINS
from tests.services.test_names import TYPED
from tests.services.test_service_portal import values

pytestmark = pytest.mark.django_db

EMPTY, NUL = (
    "Enter a short name.",
    "Null characters are not allowed.",
)  # Django's own word for what nobody can type


def on_the_tenant_form(name, customer):
    return TenantForm({"short_name": name}, customer=customer).errors.get("short_name", [])


def when_edited(name, service):
    return PendingServiceForm(values(short_name=name), instance=service).errors.get("short_name", [])


def while_typed(name, operator):
    verdict = look_at(name, operator)
    return [*verdict.broken, *([IN_USE] if verdict.in_use else [])]


def when_stored(name, customer, operator):
    """What model and database say; nothing is stored."""
    with undone():
        try:
            make_service(customer, operator, name, invite=None)
        except ValidationError as refusal:
            return refusal.messages
        except IntegrityError as refusal:
            if "short_name_is_unique" not in str(refusal):
                raise
            return [IN_USE]
    return []


@contextmanager
def undone():
    """What happens inside is rolled back at its end."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def short(value):
    """For the name of a test, in letters that every log can show."""
    return ascii(value)[:30]


@pytest.fixture
def edited(customer, olga):
    """A pending service whose short name is looked at; it has none of the names in the tables."""
    return make_service(customer, olga, "being-edited", invite=None)


@pytest.mark.parametrize(("name", "codes"), BROKEN, ids=short)
def test_a_broken_name_is_told_the_same_at_every_door(name, codes, olga, customer, edited):
    rules = list(names.broken_rules(name))
    sentences = [sentence for _code, sentence in rules]
    extra = [NUL] * ("\0" in name)

    assert [code for code, _sentence in rules] == codes
    assert on_the_tenant_form(name, customer) == when_edited(name, edited) == sentences + extra
    assert while_typed(name[:500], olga) == [s for _code, s in names.broken_rules(name[:500])]
    assert when_stored(name, customer, olga) == sentences


@pytest.mark.parametrize("name", LEGAL, ids=short)
def test_a_legal_name_is_taken_at_every_door_and_kept_composed(name, olga, customer, edited):
    told = on_the_tenant_form(name, customer), when_edited(name, edited), while_typed(name, olga)
    assert told == ([], [], [])

    service = make_service(customer, olga, name, invite=None)

    stored = Service.objects.get(pk=service.pk)
    assert (stored.short_name, stored.short_key) == (unicodedata.normalize("NFC", name), names.key(name))


@pytest.mark.parametrize(("one", "other"), TWINS, ids=short)
def test_a_twin_is_in_use_at_every_door(one, other, olga, customer, edited):
    make_service(customer, olga, one, invite=None)

    assert on_the_tenant_form(other, customer) == when_edited(other, edited) == [IN_USE]
    assert while_typed(other, olga) == when_stored(other, customer, olga) == [IN_USE]


@pytest.mark.parametrize(("one", "other"), APART, ids=short)
def test_a_name_that_only_looks_alike_is_free_at_every_door(one, other, olga, customer, edited):
    make_service(customer, olga, one, invite=None)

    assert on_the_tenant_form(other, customer) == when_edited(other, edited) == []
    assert while_typed(other, olga) == when_stored(other, customer, olga) == []


def composed_apart(name):
    return unicodedata.normalize("NFD", name)


def wide(name):
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in name)


CHANGED = st.sampled_from([str.upper, str.lower, str.casefold, str.title, composed_apart, wide])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(LEGAL), CHANGED, st.none() | TYPED | st.sampled_from(LEGAL))
def test_all_doors_agree_about_whatever_is_typed_beside_any_name(olga, customer, taken, changed, typed):
    name = changed(taken) if typed is None else typed
    with undone():
        make_service(customer, olga, taken, invite=None)
        sentences = [sentence for _code, sentence in names.broken_rules(name)]
        in_use = not sentences and names.key(name) == names.key(taken)
        expected = sentences or [IN_USE] * in_use

        told = [error for error in on_the_tenant_form(name, customer) if error != NUL]
        assert told == (expected if name else [EMPTY])
        assert while_typed(name, olga) == (expected if name else [])
        assert when_stored(name, customer, olga) == expected
