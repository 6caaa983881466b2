from m365 import entra_roles

TEAMS, UNKNOWN = "69091246-20e8-4a56-aa4d-066075b2a7a8", "11111111-2222-3333-4444-555555555555"


def test_roles_have_microsofts_names_and_an_unknown_one_stands_for_itself():
    assert entra_roles.names([UNKNOWN, TEAMS]) == [UNKNOWN, "Teams Administrator"]


def test_the_mark_of_an_app_without_roles_is_no_role():
    assert entra_roles.held([entra_roles.NO_ROLE, TEAMS.upper()]) == [TEAMS]
