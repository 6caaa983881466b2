"""`python3 manage.py bench`: five rounds of every metric, in turn; about half an hour on two cores."""

import argparse
import sys
import time
from pathlib import Path

from tests.bench.world import World

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
ROUNDS = 5
METRICS = ("M4", "M5", "M6", "M7")


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="manage.py bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"how often each is measured ({ROUNDS})")
    parser.add_argument("--only", nargs="+", choices=METRICS, default=METRICS, help="some of the metrics")
    parser.add_argument("--page", type=Path, default=PAGE, help="where the page is written")
    given = parser.parse_args(words)

    began = time.monotonic()
    with World() as world:
        rounds = []
        for number in range(1, given.rounds + 1):
            figures = _round(world, given.only, first=number == 1)
            rounds.append(figures)
            print(f"[{time.monotonic() - began:5.0f} s] round {number}: {figures}", flush=True)
        from tests.bench import report

        print(report.write(given.page, rounds))


def _round(world: World, wanted: list[str], *, first: bool) -> dict[str, dict[str, float]]:
    from tests.bench import mails, nights, pages, recovery

    measured = {"M4": mails, "M5": nights, "M6": pages, "M7": recovery}
    figures = {metric: measured[metric].measure(world) for metric in wanted}
    if first and "M5" in wanted:
        figures["M5 memory"] = nights.memory(world)
    return figures


if __name__ == "__main__":
    main(sys.argv[1:])
