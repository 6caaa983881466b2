"""What the portal is made of: `python -m portal.sbom > sbom.json` tells requirements.txt in the words of scanners.

CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/): each package with its version, its purl and the hashes that pip
accepts. It is the lock in another form, so it has no date and no serial number, and the same lock gives the same file.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
LOCK = PROJECT / "requirements.txt"
# A package begins its line; its hashes follow, each on a line of its own.
_PACKAGE = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)(?:\s*;\s*([^\\]+?))?\s*\\?$")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def components(lock: str) -> Iterator[dict[str, Any]]:
    """The packages of a lock, in its order."""
    package: dict[str, Any] | None = None
    for line in lock.splitlines():
        if found := _PACKAGE.match(line):
            if package:
                yield package
            name, version, marker = found.groups()
            purl = f"pkg:pypi/{re.sub('[-_.]+', '-', name).lower()}@{version}"
            package = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
            if marker:
                package["properties"] = [{"name": "marker", "value": marker}]
        elif package and (digest := _HASH.search(line)):
            package.setdefault("hashes", []).append({"alg": "SHA-256", "content": digest[1]})
    if package:
        yield package


def bill(lock: str) -> str:
    """The whole document."""
    about = {"component": {"type": "application", "bom-ref": "trunkline", "name": "trunkline"}}
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": about,
        "components": list(components(lock)),
    }
    return json.dumps(document, indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(bill(LOCK.read_text(encoding="utf-8")))
