"""docs/security.md: a row for each threat, and every test of a threat stands in it."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| T(\d+) \|(.*)$", PAGE, re.MULTILINE))


def test_every_threat_has_a_row_with_tests_that_exist():
    assert list(map(int, ROWS)) == list(range(1, 39))
    for threat, row in ROWS.items():
        files = re.findall(r"\]\(\.\./(tests/[\w/.]+)\)", row)
        assert files, threat
        assert [file for file in files if not (ROOT / file).exists()] == [], threat


def test_every_test_that_is_named_after_a_threat_is_linked_from_its_row():
    for file in (ROOT / "tests").rglob("test_*.py"):
        for threat in set(re.findall(r"^def test_t(\d\d)_", file.read_text(encoding="utf-8"), re.MULTILINE)):
            assert f"(../{file.relative_to(ROOT)})" in ROWS[str(int(threat))], (threat, file)
