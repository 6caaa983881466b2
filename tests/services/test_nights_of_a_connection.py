"""M365 Configuration says what the last nights found, beside what people asked for."""

from m365.models import ConnectionState
from m365.tasks import drain_validations
from services.views.connection import NIGHTS, Connection
from tests.services.nights import the_night_passes
from tests.services.test_m365_configuration import page, url_of, validate_url


def nights_of(service):
    """The newest first: state, reason, and whether it is said how long it took."""
    return [(night.words, night.reason, bool(night.seconds)) for night in Connection.of(service).nights]


def test_the_last_nights_are_told_with_what_each_found(as_olga, deployed, later, entra):
    service = deployed("kestrel", ends_in_days=100)
    the_night_passes()
    later(days=1)
    entra.application_of(service.app_registration).secrets.clear()
    the_night_passes()

    found = nights_of(service)
    shown = page(as_olga, service)

    assert found == [
        ("secret rejected", "Entra rejected the client secret.", True),
        ("ok", "", True),
    ]
    assert "Every night" in shown
    assert "secret rejected" in shown


def test_of_many_nights_the_newest_are_shown_at_the_same_cost(as_olga, deployed, later, queries_of):
    service = deployed("kestrel", ends_in_days=100)
    the_night_passes()
    once = queries_of(as_olga, url_of(service))
    for day in range(1, NIGHTS + 2):
        later(days=day)
        the_night_passes()

    assert len(nights_of(service)) == NIGHTS
    assert queries_of(as_olga, url_of(service)) == once


def test_a_night_that_came_to_no_end_says_why(deployed):
    service = deployed("kestrel", ends_in_days=100)
    run = the_night_passes()
    run.items.update(state=ConnectionState.NOT_CHECKED, duration_ms=None)

    assert nights_of(service) == [
        ("not checked", "Their turn did not come before the end of the run.", False)
    ]


def test_a_missing_contact_is_pointed_out_from_the_customers_first_threshold_on(as_olga, deployed, customer):
    service = deployed("kestrel", ends_in_days=85)
    service.m365_contact = ""
    service.save()
    warning = "Nobody can be asked to renew it."
    before = page(as_olga, service)

    customer.warn_days = [90, 10]
    customer.save()

    assert (warning in before, warning in page(as_olga, service)) == (False, True)


def test_what_a_night_found_after_the_last_validation_stands_above_it_until_the_next(
    as_olga, deployed, later, entra
):
    service = deployed("kestrel", ends_in_days=100)
    the_night_passes()
    found = 'id="found-since"'
    well = page(as_olga, service)
    later(days=1)
    entra.application_of(service.app_registration).secrets.clear()
    the_night_passes()
    told = page(as_olga, service)
    as_olga.post(validate_url(service))
    drain_validations()

    assert [found in shown for shown in (well, told, page(as_olga, service))] == [False, True, False]
    assert "The nightly check found since: secret rejected.</b> Entra rejected the client secret." in told
