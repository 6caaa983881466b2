"""`python -m portal.bundle`: write the bundles; with --check only say whether they are what the sources give."""

import argparse
import sys

from portal.bundle import STATIC, build


def main() -> int:
    """Return 1 when --check finds a bundle that the sources do not give."""
    parser = argparse.ArgumentParser(prog="portal.bundle", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args()
    stale = 0
    for path, text in build().items():
        same = path.exists() and path.read_text(encoding="utf-8") == text
        if options.check:
            stale += not same
            verdict = "as its sources give it" if same else "stale: run python -m portal.bundle"
        else:
            path.write_text(text, encoding="utf-8")
            verdict = f"{len(text.encode())} bytes{', unchanged' if same else ''}"
        print(f"{path.relative_to(STATIC.parent)}: {verdict}")
    return 1 if stale else 0


sys.exit(main())
