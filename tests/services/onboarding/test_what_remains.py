"""The texts to copy: right for every legal name, and the trunk model decides about routes."""

import html
import re

import pytest

from services.models import Service, SipConnection
from services.onboarding import what_remains
from tests.conftest import connect, make_service

pytestmark = pytest.mark.django_db


@pytest.fixture
def remaining(customer, olga, sbc):
    def of(short_name="brightwater", domain="contoso.onmicrosoft.com", **connection):
        service = connect(make_service(customer, olga, short_name, m365_domain=domain))
        values = {"host_label": "brightwater", "site_name": "London", **connection}
        SipConnection.objects.create(service=service, sbc=values.pop("sbc", sbc), **values)
        return what_remains.of(Service.objects.with_connection().get(pk=service.pk))

    return of


def copied(block):
    """What the Copy button puts into the clipboard."""
    return html.unescape(re.sub(r"<[^>]+>", "", block.text))


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("plain", "'plain'"),
        ("o'neil", "'o''neil'"),
        ("$(rm)`x", "'$(rm)`x'"),
        ("o’ne‘il", "'o’’ne‘‘il'"),
        ("‚a‛", "'‚‚a‛‛'"),
        ("';rm;'", "''';rm;'''"),
    ],
)
def test_powershell_reads_back_exactly_what_was_quoted(text, quoted):
    assert what_remains.quoted(text) == quoted


def test_a_derived_trunk_is_named_by_the_voice_route_and_no_gateway_is_made(remaining):
    found = remaining()

    tenant = Service.objects.get().app_registration.tenant_id
    assert copied(found.powershell).splitlines() == [
        f"Connect-MicrosoftTeams -TenantId '{tenant}'",
        "# Its DomainStatus must read Enabled: the domain is verified and activated.",
        "Get-CsOnlineSipDomain -Domain 'brightwater.sbc.nordhafen.example'",
        "Set-CsOnlinePstnUsage -Identity Global -Usage @{Add='brightwater'}",
        (
            "New-CsOnlineVoiceRoute -Identity 'brightwater' -NumberPattern '.*' "
            "-OnlinePstnGatewayList 'brightwater.sbc.nordhafen.example' -OnlinePstnUsages 'brightwater'"
        ),
        "New-CsOnlineVoiceRoutingPolicy -Identity 'brightwater' -OnlinePstnUsages 'brightwater'",
    ]
    assert "-PolicyName 'brightwater'" in copied(found.users)
    assert "'<user>@contoso.onmicrosoft.com'" in copied(found.users)


def test_with_the_domain_alone_no_route_names_the_host_name(remaining):
    found = remaining(trunk_model="domain_only")

    assert "VoiceRoute" not in copied(found.powershell)
    assert "Get-CsOnlineSipDomain -Domain 'brightwater.sbc.nordhafen.example'" in copied(found.powershell)
    assert found.users is None


def test_signs_that_powershell_or_html_give_a_meaning_stay_themselves(remaining):
    found = remaining(short_name="a'b$c`&amp;")

    assert "-Identity 'a''b$c`&amp;' " in copied(found.powershell)
    assert "&amp;amp;" in found.powershell.text


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ("192.0.2.61", "brightwater.sbc.nordhafen.example.  3600  IN  A     192.0.2.61"),
        ("2001:db8::61", "brightwater.sbc.nordhafen.example.  3600  IN  AAAA  2001:db8::61"),
        (None, "brightwater.sbc.nordhafen.example.  3600  IN  A     <public IP address of HAM-1>"),
    ],
)
def test_the_dns_record_fits_the_address_of_the_sbc(remaining, sbc, address, line):
    sbc.address = address
    sbc.save()

    assert copied(remaining().dns).splitlines()[0] == line


def test_the_sbc_gets_the_host_name_for_its_contact_header(remaining):
    assert copied(remaining().sbc_values).splitlines() == [
        "Name                           brightwater",
        "Host name in Contact and From  brightwater.sbc.nordhafen.example",
        "TLS certificate covers         *.sbc.nordhafen.example",
        "Teams signalling               sip.pstnhub.microsoft.com:5061, TLS",
        "Teams signalling               sip2.pstnhub.microsoft.com:5061, TLS",
        "Teams signalling               sip3.pstnhub.microsoft.com:5061, TLS",
        "Licensed users                 25",
    ]
