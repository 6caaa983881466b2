"""What is said of the three values before anything is sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from m365 import shape

TENANT, CLIENT = "8f2c1b7e-4a60-4d5e-9c1a-2b7d90e3f514", "c41d8a02-7be3-4f19-a6d5-90e1f2ab3377"
SECRET = "4Qx8" + "Q~made-up-for-this-test-only-00000000"


def problems(tenant=TENANT, client=CLIENT, secret=SECRET):
    return {name: cause.name for name, cause in shape.read(tenant, client, secret).problems.items()}


def test_good_values_have_no_problem():
    assert problems() == {}


@pytest.mark.parametrize(
    "pasted",
    [
        f"  {TENANT}\r\n",
        f"“{TENANT}”",
        f"'{TENANT}'",
        f"\u200b{TENANT}\ufeff",
        f"{{{TENANT}}}",
        TENANT.upper(),
    ],
)
def test_what_pasting_adds_is_taken_off(pasted):
    assert str(shape.as_guid(pasted)) == TENANT


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"tenant": "brightwater"}, {"tenant_id": "malformed_tenant"}),
        ({"tenant": TENANT[:-1]}, {"tenant_id": "malformed_tenant"}),
        ({"tenant": f"{TENANT}/../common"}, {"tenant_id": "malformed_tenant"}),
        ({"tenant": "common"}, {"tenant_id": "nobodys_tenant"}),
        ({"tenant": "Consumers"}, {"tenant_id": "nobodys_tenant"}),
        ({"tenant": "https://brightwater.example/"}, {"tenant_id": "malformed_tenant"}),
        ({"tenant": "brightwater..example"}, {"tenant_id": "malformed_tenant"}),
        ({"tenant": "192.0.2.1"}, {"tenant_id": "malformed_tenant"}),
        ({"tenant": "-a.example"}, {"tenant_id": "malformed_tenant"}),
        ({"tenant": f"{'a' * 64}.example"}, {"tenant_id": "malformed_tenant"}),
        ({"tenant": "ida@brightwater.example"}, {"tenant_id": "email_for_id"}),
        ({"tenant": "9188040d-6c67-4c5b-b112-36a304b66dad"}, {"tenant_id": "personal_accounts"}),
        ({"tenant": "00000000-0000-0000-0000-000000000000"}, {"tenant_id": "nobodys_tenant"}),
        ({"client": "my app"}, {"client_id": "malformed_client"}),
        ({"client": TENANT}, {"client_id": "same_id_twice"}),
        ({"secret": ""}, {"client_secret": "no_secret"}),
        ({"secret": " \n"}, {"client_secret": "no_secret"}),
        ({"secret": CLIENT}, {"client_secret": "secret_id"}),
        ({"secret": "x" * 257}, {"client_secret": "malformed_secret"}),
        ({"secret": "two\nlines"}, {"client_secret": "malformed_secret"}),
        (
            {"tenant": "", "client": "", "secret": ""},
            {"tenant_id": "malformed_tenant", "client_id": "malformed_client", "client_secret": "no_secret"},
        ),
    ],
)
def test_each_mistake_has_its_own_cause_beside_its_field(values, expected):
    assert problems(**values) == expected


@given(st.text(max_size=60))
def test_only_a_guid_passes_for_an_id(text):
    read = shape.as_guid(text)
    assert read is None or shape.GUID.fullmatch(shape.tidy(text).strip("{}"))


@given(st.text(max_size=60))
def test_tidying_twice_changes_nothing_more(text):
    assert shape.tidy(shape.tidy(text)) == shape.tidy(text)


def test_the_secret_is_not_in_the_shapes_repr():
    assert SECRET not in repr(shape.read(TENANT, CLIENT, SECRET))


@pytest.mark.parametrize(
    ("typed", "domain"),
    [
        ("brightwater.example", "brightwater.example"),
        (" BrightWater.onmicrosoft.com. ", "brightwater.onmicrosoft.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("a-b.c.xn--p1ai", "a-b.c.xn--p1ai"),
    ],
)
def test_a_domain_may_stand_for_the_tenant(typed, domain):
    read = shape.read(typed, CLIENT, SECRET)

    assert (read.tenant_id, read.tenant_domain, read.problems) == (None, domain, {})


@given(st.text(max_size=80))
def test_what_passes_for_a_domain_can_stand_in_an_address_as_it_is(text):
    domain = shape.as_domain(text)
    assert domain == "" or (shape.DOMAIN.fullmatch(domain) and not set(domain) & set("/?#%:@ "))


def test_values_with_a_problem_are_not_handed_on():
    with pytest.raises(ValueError, match="not checked"):
        _ = shape.read("brightwater", CLIENT, SECRET).values


@pytest.mark.parametrize(
    ("text", "does"), [(SECRET[:40], True), (SECRET, False), ("our good old password", False), ("", False)]
)
def test_the_form_of_todays_secrets(text, does):
    assert shape.looks_like_a_secret(text) is does
