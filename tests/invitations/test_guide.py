import re

import pytest

from invitations.views.guide import ROLES
from m365.permissions import PERMISSIONS
from m365.simulator.directory import REQUIRED_ROLES

pytestmark = pytest.mark.django_db


def test_the_guide_is_read_without_signing_in(new_browser):
    answer = new_browser().get("/guide/")

    assert (answer.status_code, answer.cookies) == (200, {})


def test_the_guide_names_each_permission_with_type_and_reason(new_browser):
    text = new_browser().get("/guide/").content.decode()

    rows = re.findall(
        r'<td role="cell" class="is-title"><code>(.+?)</code></td><td[^>]*>(.+?)</td><td[^>]*>(.+?)</td>',
        text,
    )

    assert rows == [
        (asked.name, "Application", asked.reason[0].upper() + asked.reason[1:])
        for asked in PERMISSIONS.values()
    ]


def test_programs_get_the_same_list_as_the_code_compares_with(new_browser):
    listed = new_browser().get("/guide/permissions.json").json()

    assert listed == {
        "resource": "Microsoft Graph",
        "permissions": [
            {
                "name": asked.name,
                "type": "Application",
                "id": asked.id,
                "reason": asked.reason,
                "without": asked.without,
                "included_in": sorted(asked.included_in),
            }
            for asked in PERMISSIONS.values()
        ],
    }
    assert {permission["name"] for permission in listed["permissions"]} == set(REQUIRED_ROLES)


def test_every_entra_role_has_a_purpose_and_says_how_long_it_is_needed(new_browser):
    text = new_browser().get("/guide/").content.decode()

    assert {role["lasts"] for role in ROLES} == {"Onboarding only", "Permanent"}
    for role in ROLES:
        assert f"<b>{role['name']}</b>" in text
        assert role["purpose"][1:] in text


def test_the_guide_gives_one_advice_on_the_life_of_the_secret(new_browser):
    text = new_browser().get("/guide/").content.decode()

    assert "Choose <b>12 months, not longer</b>" in text
    assert "The Value is shown <b>only once</b>" in text


def test_the_guide_says_what_changes_how_to_withdraw_and_what_we_hold_then(new_browser):
    text = new_browser().get("/guide/").content.decode()

    assert "one app registration with one client secret" in text
    assert "Microsoft Graph Command Line Tools" in text
    assert "› Overview › <b>Delete</b>" in text
    assert "What we still hold then: the tenant ID" in text


def test_the_guide_says_that_the_scripts_were_not_run_in_a_real_tenant(new_browser):
    text = new_browser().get("/guide/").content.decode()

    assert "Neither was run in a real tenant, and the one for PowerShell was not run at all." in text


def test_nothing_is_loaded_from_another_host(new_browser):
    text = new_browser().get("/guide/").content.decode()

    assert re.findall(r'(?:src|href|action)="(?:https?:)?//[^"]*', text) == []
