"""The page that `manage.py bench` writes: medians, spreads, and plain words where a goal is missed."""

import pytest

from tests.bench import report
from tests.bench.goals import GOALS

M4 = {"ours": 60.0, "floor": 90.0, "peer": 50.0, "connections": 2}
M7 = {"undisturbed": 6, "ours": 50, "ours_lost": 0, "ours_again": 2, "ours_doubled": 0}
M7 |= {"peer": 100, "peer_again": 2, "peer_lost": 0}


@pytest.fixture
def page(tmp_path, db):
    def written(*rounds):
        return report.write(tmp_path / "benchmarks.md", rounds)

    return written


def test_each_goal_has_the_median_of_its_rounds_with_the_spread(page):
    text = page({"M4": M4}, {"M4": M4 | {"ours": 81.0}}, {"M4": M4 | {"ours": 45.0}})

    assert "as many of them | ≥ 0.6 | 0.67 | 0.50 to 0.90 | reached |" in text
    assert "| M4 | the portal, mails per second | 60.0 | 45.0 to 81.0 |" in text
    assert "missed" not in text


def test_a_missed_goal_is_said_with_the_reason(page):
    text = page({"M7": M7 | {"ours_lost": 1}})

    assert "| M7 | mails lost, and doubled outside the gap | ≤ 0 | 1 | 1 to 1 | **missed** |" in text
    assert "- M7, mails lost, and doubled outside the gap: missed. A promise is broken." in text


def test_what_was_not_measured_is_not_on_the_page(page):
    assert "| M5 |" not in page({"M4": M4})


def test_a_limit_itself_reaches_the_goal():
    assert [goal.what for goal in GOALS if not goal.reached(goal.limit)] == []
