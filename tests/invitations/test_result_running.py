"""The page of a validation while it runs."""

from datetime import timedelta

import pytest
from django.db.models import F

from m365.models import Validation
from m365.stations import stations
from m365.tasks import drain_validations
from tests.invitations.conftest import page, send
from tests.invitations.test_result import answer_with


def test_while_it_runs_the_page_shows_how_far_it_is_and_asks_again(ida, invitation, example):
    address = send(ida, invitation, example("bergmann"))["Location"]
    validation = Validation.objects.get()
    Validation.objects.update(
        attempts=1,
        steps=[
            {"name": "shape", "state": "ok", "ms": 0, "note": ""},
            {"name": "organisation", "state": "ok", "ms": 210, "note": ""},
        ],
    )

    running, poll = ida.get(address), ida.get(page("steps", invitation, validation.pk))

    assert f'hx-get="{page("steps", invitation, validation.pk)}"' in running.content.decode()
    again = (
        f'content="3; url={running.request["PATH_INFO"]}"'  # an address with a # would not be loaded again
    )
    assert f'<noscript><meta http-equiv="refresh" {again}></noscript>' in running.content.decode()
    for answer in (running, poll):
        assert "2 of 9 steps done." in answer.content.decode()
        assert "0.21 s" in answer.content.decode()


def test_a_step_that_microsoft_did_not_answer_is_the_one_that_comes_again(ida, invitation, example):
    send(ida, invitation, example("ausfall"))
    drain_validations()

    states = [station["state"] for station in stations(Validation.objects.get())]

    assert states == ["ok", "ok", "wait", *["todo"] * 6]


def test_the_poll_loads_the_page_anew_once_there_is_a_result(ida, invitation, example):
    answer_with(ida, invitation, example("bergmann"))

    poll = ida.get(page("steps", invitation, Validation.objects.get().pk), headers={"HX-Request": "true"})

    assert (poll.status_code, poll["HX-Refresh"], poll.content) == (200, "true", b"")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "This usually takes a few seconds."),
        ({"created_at": F("created_at") - timedelta(seconds=11)}, "The check has not begun yet"),
        (
            {"created_at": F("created_at") - timedelta(seconds=11), "attempts": 1},
            "Microsoft is slower than usual.",
        ),
        (
            {"attempts": 1, "unanswered": 1, "cause_name": "unreachable"},
            "Microsoft could not be reached. We try again by ourselves (try 1 of 3 is over)",
        ),
    ],
)
def test_when_it_takes_longer_the_page_says_why(ida, invitation, example, changes, words):
    send(ida, invitation, example("bergmann"))
    Validation.objects.update(**changes)

    assert words in ida.get(page("steps", invitation, Validation.objects.get().pk)).content.decode()


def test_a_slow_poll_costs_two_queries(ida, invitation, example, django_assert_num_queries):
    send(ida, invitation, example("bergmann"))
    address = page("steps", invitation, Validation.objects.get().pk)

    with django_assert_num_queries(2):
        ida.get(address)
