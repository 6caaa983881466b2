"""docs/watching.md says what is: each metric, each part of /healthz, and for each alert a row of what to do."""

import re

import pytest
import yaml

from m365.models import ConnectionState, NightlyRun, RunTally
from portal.core.clock import now
from portal.environment import PROJECT
from portal.health import examine
from portal.metrics import Portal

PAGE = (PROJECT / "docs" / "watching.md").read_text(encoding="utf-8")
TROUBLE = (
    (PROJECT / "docs" / "operations.md")
    .read_text(encoding="utf-8")
    .partition("## Trouble")[2]
    .partition("\n## ")[0]
)
SCRAPE, RULES = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"]]


@pytest.fixture
def told(channel):
    """The names of all metrics, of a portal that had a night."""
    at = now()
    run = NightlyRun.objects.create(date=at.date(), began_at=at, deadline_at=at, finished_at=at)
    RunTally.objects.create(run=run, channel=channel, state=ConnectionState.OK, count=1)
    return {
        family.name: {label for sample in family.samples for label in sample.labels}
        for family in Portal().collect()
    }


def test_each_metric_is_listed_and_each_that_is_listed_is_told(told):
    table = PAGE.partition("| metric | labels |")[2].partition("\n\n")[0]

    assert set(re.findall(r"`(trunkline_\w+)`", table)) == set(told)


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_each_alert_asks_for_a_metric_and_leads_to_what_to_do(told, alert):
    for name, labels in re.findall(r"(trunkline_\w+)(?:\{(.*?)\})?", alert["expr"]):
        assert set(re.findall(r"(\w+)=", labels)) <= told[name]
    page, _, anchor = alert["annotations"]["runbook_url"].partition("#")
    assert (page, TROUBLE.count(f'<a id="{anchor}"></a>')) == ("operations.md", 1)


def test_the_alerts_name_parts_that_healthz_knows(db):
    parts = set(examine())
    named = re.findall(r'part=(~?)"(.*?)"', " ".join(alert["expr"] for alert in ALERTS))

    assert named
    assert all(any(re.fullmatch(part, known) for known in parts) for _regex, part in named)
    shown = PAGE.partition('"parts": {')[2].partition("```")[0]
    assert set(re.findall(r'"(\w+)": \{', shown)) == parts


def test_prometheus_asks_where_the_portal_answers():
    [job] = SCRAPE["scrape_configs"]

    assert (job["metrics_path"], job["static_configs"]) == ("/metrics", [{"targets": ["web:8000"]}])
