"""What is measured against what: one goal a line, its ratio of one round, and its limit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.bench import nights, recovery

Figures = Mapping[str, float]


@dataclass(frozen=True)
class Goal:
    metric: str
    what: str
    of_round: Callable[[Figures], float]
    limit: float
    at_least: bool
    why: str
    """Why it is missed, where it is; the page says so."""
    digits: int = 2

    def reached(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    @property
    def wanted(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}"


GOALS = (
    Goal(
        "M4",
        "mails per second ÷ raw smtplib, connections kept open, as many of them",
        lambda of: of["ours"] / of["floor"],
        0.6,
        at_least=True,
        why="Each mail is claimed, rendered and settled in PostgreSQL, synced to disk, before the next one.",
    ),
    Goal(
        "M4",
        "mails per second ÷ raw smtplib with a connection for each mail, as many at once",
        lambda of: of["ours"] / of["peer"],
        1.0,
        at_least=True,
        why="On loopback without TLS a new connection costs the peer 1 ms; between data centres it costs several "
        "round trips and a handshake. Ours renders each mail and commits three times: its lease, that the dot "
        "comes now, and what the server made of it.",
    ),
    Goal(
        "M5",
        "sequential loop with the same rules for trying again ÷ nightly run, both with faults",
        lambda of: of["sequential"] / of["faulty"],
        13,
        at_least=True,
        why="The tail of a run is made of tenants that stay silent and are asked three times.",
        digits=1,
    ),
    Goal(
        "M5",
        "connections × time of their requests ÷ slots (the ideal) ÷ nightly run, both without faults",
        lambda of: of["ideal"] / of["calm"],
        0.85,
        at_least=True,
        why="Workers, simulator and database share this machine's cores.",
    ),
    Goal(
        "M5",
        "processor time a connection ÷ that of the same two requests through `requests` alone",
        lambda of: of["cpu"] / of["floor_cpu"],
        2,
        at_least=False,
        why="Beside the requests a check claims its item, opens the sealed secret, holds a deadline with a watchdog "
        "and settles in one transaction.",
    ),
    Goal(
        "M5 memory",
        f"memory of all slots after {nights.FOR_MEMORY:,} connections ÷ after {nights.MEMORY_BASE:,}",
        lambda of: of["late"] / of["early"],
        1.1,
        at_least=False,
        why="Something is kept that should not be.",
    ),
    Goal(
        "M6",
        "95th percentile of a page while 50 validations hang ÷ at rest",
        lambda of: of["hanging"] / of["rest"],
        1.3,
        at_least=False,
        why="Workers and web share this machine's cores.",
    ),
    Goal(
        "M7",
        f"seconds from `kill -9` of all workers to the last mail, lease {recovery.LEASE} s",
        lambda of: of["ours"],
        recovery.LEASE + 30,
        at_least=False,
        why="The next sweep came late.",
        digits=0,
    ),
    Goal(
        "M7",
        "mails lost, and doubled outside the gap",
        lambda of: of["ours_lost"] + of["ours_doubled"],
        0,
        at_least=False,
        why="A promise is broken.",
        digits=0,
    ),
)
