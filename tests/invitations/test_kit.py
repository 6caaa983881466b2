"""The set-up kit as anybody downloads it, and what parsers of its languages say of it."""

import html
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Parser

from invitations import kit
from m365.permissions import PERMISSIONS, required_resource_access

NAMES = ["Nordhafen Voice", 'O\'Brien & "Söhne" $(id)', "‘a’ ‚b‛ `c` @NAME@ @PERMISSIONS@ #>", "'@; {"]
FILES = ["permissions.json", "manifest.json", "register-app.ps1", "register-app.sh", "let-portal-renew.sh"]
# Said of a quoted name: that `$(…)` stays text inside apostrophes, which is meant, and that it has typographic quotes.
OF_A_QUOTED_NAME = "SC2016,SC1112"


def powershell_tree(script):
    return Parser(Language(tree_sitter_powershell.language())).parse(script.encode()).root_node


def nodes(node, kind):
    found = [node] if node.type == kind else []
    return found + [inner for child in node.children for inner in nodes(child, kind)]


def bash_accepts(script):
    checked = subprocess.run([shutil.which("bash"), "-n"], input=script.encode(), check=False)
    return checked.returncode == 0


def shellcheck(script, *options):
    """What ShellCheck has to say, down to matters of style."""
    program = Path(sys.executable).with_name("shellcheck")
    command = [program, "--shell=bash", "--severity=style", "--format=gcc", *options, "-"]
    checked = subprocess.run(command, input=script, capture_output=True, text=True, check=False)
    return checked.stdout


@pytest.mark.parametrize("name", NAMES)
def test_the_powershell_script_is_powershell(name):
    assert not powershell_tree(kit.powershell(name)).has_error


@pytest.mark.parametrize("name", NAMES)
def test_the_bash_script_is_bash(name):
    assert bash_accepts(kit.bash(name))
    assert shellcheck(kit.bash(name), f"--exclude={OF_A_QUOTED_NAME}") == ""


def test_shellcheck_has_nothing_at_all_to_say_of_an_ordinary_name():
    assert shellcheck(kit.bash("Nordhafen Voice")) == ""


def test_the_script_that_lets_the_portal_renew_is_bash():
    assert bash_accepts(kit.renewal())
    assert shellcheck(kit.renewal()) == ""


def test_each_parser_refuses_a_broken_script():
    assert powershell_tree(kit.powershell("a").replace("if ($existing) {", "if ($existing {")).has_error
    assert powershell_tree(kit.powershell("a").rstrip().removesuffix("}")).has_error
    assert not bash_accepts(kit.bash("a").replace("\ndone\n", "\n", 1))
    assert "SC2086" in shellcheck(kit.bash("a").replace('"${@:3}"', "$3"))


def test_the_powershell_script_asks_for_exactly_our_permissions():
    tree = powershell_tree(kit.powershell("a"))

    [table] = [found for found in nodes(tree, "hash_literal_expression") if b"Organization" in found.text]
    pairs = re.findall(r"'(.+?)' = '(.+?)'", table.text.decode())
    assert pairs == [(asked.name, asked.id) for asked in PERMISSIONS.values()]


def test_powershell_takes_five_signs_for_an_apostrophe_and_each_is_doubled():
    name = "a'b‘c’d‚e‛f"

    assert "$name = 'a''b‘‘c’’d‚‚e‛‛f Direct Routing'" in kit.powershell(name)


def test_the_name_is_one_visible_line_of_a_length_that_entra_takes():
    assert kit.app_name("A\r\n\tB\u202e C\x00") == "A B C Direct Routing"
    assert len(kit.app_name("x" * 500)) == kit.NAME_LENGTH


def test_the_downloads_are_the_scripts_with_the_providers_name(new_browser, settings):
    settings.PROVIDER_NAME = NAMES[1]

    ps1, sh = (new_browser().get(f"/guide/register-app.{kind}") for kind in ("ps1", "sh"))

    assert ps1.content.decode("utf-8-sig") == kit.powershell(NAMES[1])
    assert ps1.content.startswith(
        b"\xef\xbb\xbf#"
    )  # Windows PowerShell would take it for Windows-1252 without
    assert sh.content.decode() == kit.bash(NAMES[1])
    for answer, kind in ((ps1, "ps1"), (sh, "sh")):
        assert answer["Content-Disposition"] == f'attachment; filename="register-app.{kind}"'
        assert answer["Content-Type"] == "text/plain; charset=utf-8"
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_the_manifest_is_the_list_as_entra_reads_it(new_browser):
    assert new_browser().get("/guide/manifest.json").json() == {
        "requiredResourceAccess": required_resource_access()
    }


@pytest.mark.django_db
def test_the_guide_shows_the_very_scripts_that_are_downloaded(new_browser, settings):
    settings.PROVIDER_NAME = NAMES[1]

    text = new_browser().get("/guide/").content.decode()

    blocks = dict(re.findall(r'<pre id="([\w-]+)"[^>]*>(.*?)</pre>', text, re.DOTALL))
    assert html.unescape(blocks["powershell"]) == kit.powershell(NAMES[1])
    assert html.unescape(blocks["bash"]) == kit.bash(NAMES[1])
    assert html.unescape(blocks["renewal-script"]) == kit.renewal()
    assert new_browser().get("/guide/let-portal-renew.sh").content.decode() == kit.renewal()


@pytest.mark.django_db
def test_no_file_of_the_kit_knows_of_any_invitation(new_browser, invitation):
    browser, ida = new_browser(), new_browser()
    ida.get(invitation.link)
    for path in ("", *FILES):
        first, second = browser.get(f"/guide/{path}"), ida.get(f"/guide/{path}")
        assert second.content == first.content
        assert invitation.email not in first.content.decode()


@pytest.mark.parametrize("path", FILES)
def test_the_kit_is_only_read(new_browser, path):
    assert new_browser().post(f"/guide/{path}").status_code == 405
