"""The script for the Azure CLI, really run, with a recording stand-in for `az` on the PATH."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from invitations import kit
from m365.permissions import PERMISSIONS, RENEWAL, RENEWAL_ID, required_resource_access

# As the recorded Azure CLI has them.
GRAPH_ID = "9c2d33ad-5c4d-4c2c-b9fa-6bb8e4b3fd1c"
APP_ID = "6d2f1a7e-0d5c-4f6e-8c3b-4b8f0f6c9a11"
OBJECT_ID = "0f0e0d0c-0000-4000-8000-000000000000"
PRINCIPAL_ID = "b5c1f9d2-7f61-4f0a-9d0e-2f8b7c6d5e4f"
TENANT_ID = "f4f5f6f7-1111-4222-8333-444455556666"
HOSTILE = 'O\'Brien & "Söhne" $(id) `id` ’; exit 3 #! @PERMISSIONS@'


@pytest.fixture
def azure(tmp_path):
    """`azure(answer, provider, **tenant)` runs the script; `.calls` are what it asked of Graph."""
    return Azure(tmp_path)


class Azure:
    def __init__(self, home):
        self.home, self.tools = home, home / "bin"
        self.tools.mkdir()
        stub = Path(__file__).with_name("recording_az.py")
        self._tool("az", f'exec "{sys.executable}" "{stub}" "$@"')
        self._tool("sleep", f'echo "$1" >>"{home}/slept"')

    def _tool(self, name, line):
        tool = self.tools / name
        tool.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        tool.chmod(0o755)

    def run(self, answer="yes", provider="Nordhafen Voice", **tenant):
        return self._run(kit.bash(provider), answer, tenant)

    def let_renew(self, *answers, **tenant):
        return self._run(kit.renewal(), "\n".join(answers), tenant)

    def _run(self, script, answer, tenant):
        as_usual = {
            "id": TENANT_ID,
            "names": [],
            "roles": [["User.Read.All", "df021288-bdef-4463-88db-98f22de89214"]]
            + [[asked.name, asked.id] for asked in PERMISSIONS.values()]
            + [[RENEWAL, RENEWAL_ID]],
            "unknown_for": 0,
            "may_consent": True,
            "may_own": True,
        }
        (self.home / "tenant.json").write_text(json.dumps(as_usual | tenant), encoding="utf-8")
        work = self.home / "work"
        work.mkdir(exist_ok=True)
        environment = {
            "PATH": f"{self.tools}:{os.environ['PATH']}",
            "AZ_HOME": str(self.home),
            "HOME": str(work),
            "TMPDIR": str(work),
            "LC_ALL": "C.UTF-8",
        }
        done = subprocess.run(
            [shutil.which("bash"), "-c", script],
            input=f"{answer}\n",
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=work,
            env=environment,
            check=False,
        )
        assert list(work.iterdir()) == []  # nothing is ever written to disk
        return done

    @property
    def calls(self):
        lines = (self.home / "calls.jsonl").read_text(encoding="utf-8").splitlines()
        return [call for call in map(json.loads, lines) if call["group"] == ["rest"]]

    @property
    def changes(self):
        return [(call["path"], call["body"]) for call in self.calls if call["method"] != "GET"]


def printed(output):
    """The lines `label: value`."""
    return dict(line.split(": ", 1) for line in output.splitlines() if line.count(": ") == 1)


def test_it_makes_one_registration_with_exactly_our_permissions_and_grants_them(azure):
    done = azure.run()

    assert (done.returncode, done.stderr) == (0, "")
    (create, principal, *grants, password) = azure.changes
    assert create == (
        "/applications",
        {
            "displayName": "Nordhafen Voice Direct Routing",
            "signInAudience": "AzureADMyOrg",
            "requiredResourceAccess": required_resource_access(),
        },
    )
    assert principal[0] == "/servicePrincipals"
    assert [body["appRoleId"] for _, body in grants] == [asked.id for asked in PERMISSIONS.values()]
    assert {body["resourceId"] for _, body in grants} == {"9c2d33ad-5c4d-4c2c-b9fa-6bb8e4b3fd1c"}
    assert password[0].endswith("/addPassword")


def test_it_prints_the_three_values_under_the_labels_of_our_form(azure):
    values = printed(azure.run().stdout)

    assert values["Customer Microsoft Tenant ID"] == TENANT_ID
    assert values["Application (Client) ID"] == "6d2f1a7e-0d5c-4f6e-8c3b-4b8f0f6c9a11"
    assert values["Client Secret"] == "not~a.real_secret-of-40-characters-4711"


def test_the_secret_lives_as_long_as_the_guide_advises(azure):
    from datetime import UTC, datetime, timedelta

    before = datetime.now(UTC).replace(microsecond=0)
    azure.run()
    after = datetime.now(UTC)

    ends = datetime.fromisoformat(azure.changes[-1][1]["passwordCredential"]["endDateTime"])
    assert before <= ends - timedelta(days=kit.SECRET_DAYS) <= after


@pytest.mark.parametrize("answer", ["no", "", "y", "YES; rm"])
def test_without_a_yes_it_only_reads(azure, answer):
    done = azure.run(answer)

    assert done.returncode == 1
    assert azure.changes == []
    assert "as ada@brightwater.example, this will make" in done.stdout
    assert done.stderr == "Stopped. Nothing was changed.\n"


@pytest.mark.parametrize("provider", ["Nordhafen Voice", HOSTILE])
def test_a_registration_of_that_name_is_said_and_not_made_again(azure, provider):
    done = azure.run(provider=provider, names=[kit.app_name(provider)])

    assert done.returncode == 1
    assert azure.changes == []
    assert f'named "{kit.app_name(provider)}" exists already' in done.stderr


def test_a_providers_name_is_never_read_as_code(azure):
    done = azure.run(provider=HOSTILE)

    assert (done.returncode, done.stderr) == (0, "")
    assert azure.changes[0][1]["displayName"] == f"{HOSTILE} Direct Routing"
    assert f'the app registration "{HOSTILE} Direct Routing"' in done.stdout


def test_what_entra_does_not_know_yet_is_tried_again(azure):
    done = azure.run(unknown_for=2)

    assert (done.returncode, done.stderr) == (0, "")
    assert (azure.home / "slept").read_text().split() == ["5", "5"]


def test_at_the_first_error_it_ends_and_says_what_was_made(azure):
    done = azure.run(unknown_for=100)

    assert done.returncode == 1
    assert "does not reference a valid application" in done.stderr
    assert "Stopped. The app registration 6d2f1a7e-0d5c-4f6e-8c3b-4b8f0f6c9a11 was made;" in done.stderr
    assert {path for path, _ in azure.changes} == {"/applications", "/servicePrincipals"}
    assert "Client Secret" not in done.stdout


def test_who_may_not_consent_is_told_who_may_and_where(azure):
    done = azure.run(may_consent=False)

    assert done.returncode == 0
    assert printed(done.stdout)["Client Secret"] == "not~a.real_secret-of-40-characters-4711"
    assert "Admin consent is still missing." in done.stdout
    assert "/CallAnAPI/appId/6d2f1a7e-0d5c-4f6e-8c3b-4b8f0f6c9a11" in done.stdout
    assert len([path for path, _ in azure.changes if path.endswith("appRoleAssignments")]) == 1


def test_a_tenant_that_knows_a_permission_under_another_id_is_left_alone(azure):
    done = azure.run(roles=[[asked.name, TENANT_ID] for asked in PERMISSIONS.values()])

    assert done.returncode == 1
    assert azure.changes == []
    assert "knows no permission Organization.Read.All with the id" in done.stderr


def test_it_lets_the_portal_renew(azure):
    done = azure.let_renew(APP_ID, "yes")

    assert done.returncode == 0, done.stderr
    assert azure.changes == [
        (
            f"/servicePrincipals/{PRINCIPAL_ID}/appRoleAssignments",
            {"principalId": PRINCIPAL_ID, "resourceId": GRAPH_ID, "appRoleId": RENEWAL_ID},
        ),
        (
            f"/applications/{OBJECT_ID}/owners/$ref",
            {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{PRINCIPAL_ID}"},
        ),
    ]


@pytest.mark.parametrize("answers", [("no id",), (APP_ID, "no"), (APP_ID, ""), ()])
def test_without_a_yes_nothing_is_let(azure, answers):
    done = azure.let_renew(*answers)

    assert done.returncode == 1
    assert "Nothing was changed." in done.stderr
    assert azure.changes == []


def test_half_of_it_is_said(azure):
    done = azure.let_renew(APP_ID, "yes", may_own=False)

    assert done.returncode != 0
    assert "The permission was granted; the application is not its own owner yet." in done.stderr
