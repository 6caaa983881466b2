"""T37: what runs is what was locked, and scanners can be told what that is."""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.txt").read_text(encoding="utf-8")
PINNED = re.findall(r"^([A-Za-z0-9_.-]+)==(\S+)", LOCK, re.MULTILINE)


def test_t37_the_lock_was_made_of_this_list_and_pins_everything_with_hashes():
    made_of = hashlib.sha256((ROOT / "requirements.in").read_bytes()).hexdigest()

    assert LOCK.splitlines()[0] == f"# sha256 of requirements.in: {made_of}"
    packages = re.split(r"^(?=[A-Za-z0-9])", LOCK, flags=re.MULTILINE)[1:]
    assert len(packages) == len(PINNED) > 50
    assert [package for package in packages if "--hash=sha256:" not in package] == []


def test_t37_the_lock_names_no_other_place_to_take_packages_from():
    assert not re.search(r"https?://|--index|--find-links|git\+", LOCK)


def test_t37_the_bill_of_materials_tells_every_package_with_its_hashes():
    made = subprocess.run(
        [sys.executable, "-m", "portal.sbom"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    bill = json.loads(made.stdout)

    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert [(part["name"], part["version"]) for part in bill["components"]] == PINNED
    assert sum(len(part["hashes"]) for part in bill["components"]) == LOCK.count("--hash=sha256:")
    assert len({part["purl"] for part in bill["components"]}) == len(PINNED)
