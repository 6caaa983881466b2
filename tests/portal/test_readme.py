"""The README says what is: every variable, every test that it names, every picture."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SETTINGS = "".join(
    path.read_text(encoding="utf-8") for path in sorted((ROOT / "portal").glob("*settings.py"))
)
PROMISES = README.partition("## Promises")[2].partition("\n## ")[0]


def test_every_variable_of_the_settings_is_in_the_table():
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z0-9_]+)"', SETTINGS))
    listed = set(
        re.findall(r"`([A-Z0-9_]{5,})`", README.partition("### Variables")[2].partition("## Promises")[0])
    )

    assert read - listed == set()
    assert {"SECRET_KEY", "M365_LOGIN_URL", "DATABASE_URL"} <= read


@pytest.mark.parametrize("row", [line for line in PROMISES.splitlines() if "`test" in line])
def test_each_promise_names_tests_that_exist(row):
    file = None
    for name in re.findall(r"`([\w/.:]+)`", row):
        if name.startswith("tests/"):
            path, _, test = name.partition("::")
            file = (ROOT / path).read_text(encoding="utf-8")
        elif name.endswith(".py"):
            assert list(ROOT.glob(f"tests/**/{name}")), name
            continue
        else:
            test = name
        assert file is not None
        assert not test or f"def {test}(" in file, name


@pytest.mark.parametrize("number", range(1, 25))
def test_each_numbered_promise_has_its_row_and_a_test_of_its_name(number):
    rows = [row for row in PROMISES.splitlines() if re.search(rf"\b[R]{number}\b", row)]
    assert rows, f"R{number} is promised nowhere"

    named = re.compile(rf"def test_r{number:02}_")
    tests = [
        file for file in (ROOT / "tests").rglob("test_*.py") if named.search(file.read_text(encoding="utf-8"))
    ]
    assert tests, f"no test is called test_r{number:02}_…"


@pytest.mark.parametrize("picture", re.findall(r"\]\(([\w/.-]+\.png)\)", README))
def test_each_picture_is_there(picture):
    assert (ROOT / picture).stat().st_size > 10_000
