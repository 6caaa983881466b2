"""Licensed users: a whole number, 1 to 500, at every form, in the model and in the database."""

import pytest
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction

from services.forms import ServiceForm
from services.models import Service
from services.onboarding.forms import TenantForm
from services.onboarding.pending_service import PendingServiceForm
from tests.conftest import make_service

FORMS = [TenantForm, PendingServiceForm, ServiceForm]
NOT_WHOLE, TOO_FEW, TOO_MANY = "Enter a whole number, 1 to 500.", "At least 1 user.", "At most 500 users."
MISSING = "Enter how many users are licensed, 1 to 500."
REFUSED = {
    "": MISSING,
    "   ": MISSING,
    "many": NOT_WHOLE,
    "1.5": NOT_WHOLE,
    "1.0": NOT_WHOLE,
    "1.000": NOT_WHOLE,
    "1,5": NOT_WHOLE,
    "1e2": NOT_WHOLE,
    "1_0": NOT_WHOLE,
    "+5": NOT_WHOLE,
    "0x10": NOT_WHOLE,
    "1 0": NOT_WHOLE,
    "10%": NOT_WHOLE,
    "nan": NOT_WHOLE,
    "½": NOT_WHOLE,
    "²": NOT_WHOLE,
    "\uff15": NOT_WHOLE,  # full width
    "\u0665": NOT_WHOLE,  # Arabic
    "\u22121": NOT_WHOLE,  # the minus of typographers
    "5\u200b": NOT_WHOLE,
    "0": TOO_FEW,
    "00": TOO_FEW,
    "-0": TOO_FEW,
    "-1": TOO_FEW,
    "-500": TOO_FEW,
    "-" + "9" * 5000: TOO_FEW,
    "501": TOO_MANY,
    "1000": TOO_MANY,
    "2147483648": TOO_MANY,
    "9" * 5000: TOO_MANY,
}
TAKEN = {"1": 1, "2": 2, "250": 250, "499": 499, "500": 500, " 7 ": 7, "7\n": 7, "007": 7, "\u00a07": 7}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("typed", "message"), REFUSED.items(), ids=lambda text: ascii(text)[:20])
def test_what_is_no_whole_number_from_1_to_500_is_refused_with_the_reason(form, typed, message):
    assert (
        form.base_fields["licensed_users"].widget.input_type == "text"
    )  # so that nothing is lost on the way
    with pytest.raises(ValidationError) as refusal:
        form.base_fields["licensed_users"].clean(typed)

    assert refusal.value.messages == [message]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("typed", "number"), TAKEN.items(), ids=ascii)
def test_a_whole_number_is_taken_blanks_round_it_and_zeros_before_it_do_no_harm(form, typed, number):
    assert form.base_fields["licensed_users"].clean(typed) == number


@pytest.mark.parametrize("number", [-(10**20), -1, 0, 501, 1000, 2**31, 10**20])
def test_the_model_refuses_what_the_forms_refuse(number):
    with pytest.raises(ValidationError):
        Service._meta.get_field("licensed_users").clean(number, Service())


@pytest.mark.parametrize("number", [1, 2, 250, 499, 500])
def test_the_model_takes_what_the_forms_take(number):
    assert Service._meta.get_field("licensed_users").clean(number, Service()) == number


@pytest.mark.django_db
@pytest.mark.parametrize("number", [-(10**20), -1, 0, 501, 2**31 - 1, 2**31, 10**20])
def test_the_database_itself_keeps_them_from_1_to_500(customer, olga, number):
    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        make_service(customer, olga, "crowd", licensed_users=number)

    assert not Service.objects.exists()
