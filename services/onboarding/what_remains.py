"""What remains to be done outside the portal, filled in with one service's data, to copy.

The carrier model of "Configure a Session Border Controller for multiple tenants" (Microsoft Learn): the trunk is
paired once, in the carrier's tenant. In the customer's tenant the service's host name is added as a domain, verified
and activated, and then named directly by the voice route; nobody runs New-CsOnlinePSTNGateway there.
"""

import ipaddress
from dataclasses import dataclass

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

from m365.clouds import Cloud
from services.models import Service, SipConnection

# "Plan Direct Routing", section "SIP Signaling: FQDNs" (Microsoft Learn); none is published for China.
SIGNALLING = {
    Cloud.WORLDWIDE: (
        "sip.pstnhub.microsoft.com",
        "sip2.pstnhub.microsoft.com",
        "sip3.pstnhub.microsoft.com",
    ),
    Cloud.GCC_HIGH: ("sip.pstnhub.gov.teams.microsoft.us",),
    Cloud.DOD: ("sip.pstnhub.dod.teams.microsoft.us",),
}
SIGNALLING_PORT = 5061
# What PowerShell reads as a single quote ("about_Quoting_Rules" and its tokenizer): doubled, each is itself.
SINGLE_QUOTES = "'‘’‚‛"
TTL_SECONDS = 3600


@dataclass(frozen=True)
class Block:
    """Text to copy; what was filled in is marked, what is still to be filled in stands in angle brackets."""

    id: str
    title: str
    what: str
    text: SafeString


@dataclass(frozen=True)
class Remaining:
    host_name: str
    sbc: str
    derived: bool
    dns: Block
    powershell: Block
    users: Block | None
    domain: str
    domain_typed_by: str  # empty where the domain was chosen among the tenant's verified ones
    sbc_values: Block


def of(service: Service) -> Remaining:
    """All of it. Raises SipConnection.DoesNotExist before the SIP connection is entered."""
    connection = service.sip_connection
    derived = connection.trunk_model == SipConnection.TrunkModel.DERIVED_TRUNK
    return Remaining(
        host_name=connection.host_name,
        sbc=connection.sbc.name,
        derived=derived,
        dns=Block("dns", "Zone file lines", "zone file lines", _dns(connection)),
        powershell=Block("powershell", _title(derived), "commands", _powershell(service, derived=derived)),
        users=Block("users", "For each user", "user commands", _users(service)) if derived else None,
        domain=service.m365_domain,
        domain_typed_by=service.m365_domain_typed_by.name if service.m365_domain_typed_by else "",
        sbc_values=Block("sbc", connection.sbc.name, "SBC values", _sbc_values(service)),
    )


def _title(derived: bool) -> str:
    return "Connect, check, route" if derived else "Connect, check"


def quoted(text: str) -> str:
    """A PowerShell string that is exactly this text: single quotes, in which nothing is expanded."""
    return "'" + "".join(char * 2 if char in SINGLE_QUOTES else char for char in text) + "'"


def _mark(text: object) -> SafeString:
    return format_html("<mark>{}</mark>", text)


def _lines(*lines: str) -> SafeString:
    return format_html_join("\n", "{}", ((line,) for line in lines))


def _dns(connection: SipConnection) -> SafeString:
    name = format_html("{}.{}.", _mark(connection.host_label), connection.base_domain)
    address = connection.sbc.address
    kind = "AAAA" if address and ipaddress.ip_address(address).version == 6 else "A"
    where = _mark(address) if address else format_html("&lt;public IP address of {}&gt;", connection.sbc.name)
    return _lines(
        format_html("{}  {}  IN  {}  {}", name, TTL_SECONDS, f"{kind:<4}", where),
        format_html('{}  {}  IN  TXT   "&lt;MS=… from the customer’s admin center&gt;"', name, TTL_SECONDS),
    )


def _powershell(service: Service, *, derived: bool) -> SafeString:
    host, short = _mark(quoted(service.sip_connection.host_name)), _mark(quoted(service.short_name))
    lines = [
        format_html(
            "Connect-MicrosoftTeams -TenantId {}", _mark(quoted(str(service.app_registration.tenant_id)))
        ),
        escape("# Its DomainStatus must read Enabled: the domain is verified and activated."),
        format_html("Get-CsOnlineSipDomain -Domain {}", host),
    ]
    if not derived:
        return _lines(
            *lines, escape("# AzureAdDomainOnly: voice routes keep the trunk that they name already.")
        )
    return _lines(
        *lines,
        format_html("Set-CsOnlinePstnUsage -Identity Global -Usage @{{Add={}}}", short),
        format_html(
            "New-CsOnlineVoiceRoute -Identity {} -NumberPattern '.*' -OnlinePstnGatewayList {} -OnlinePstnUsages {}",
            short,
            host,
            short,
        ),
        format_html("New-CsOnlineVoiceRoutingPolicy -Identity {} -OnlinePstnUsages {}", short, short),
    )


def _users(service: Service) -> SafeString:
    user = format_html("'&lt;user&gt;@{}'", _mark(quoted(service.m365_domain)[1:-1]))
    return _lines(
        format_html(
            "Set-CsPhoneNumberAssignment -Identity {} -PhoneNumber '&lt;+number&gt;' "
            "-PhoneNumberType DirectRouting",
            user,
        ),
        format_html(
            "Grant-CsOnlineVoiceRoutingPolicy -Identity {} -PolicyName {}",
            user,
            _mark(quoted(service.short_name)),
        ),
    )


def _sbc_values(service: Service) -> SafeString:
    connection = service.sip_connection
    hosts = SIGNALLING.get(Cloud(service.app_registration.cloud), ())
    values = [
        ("Name", _mark(connection.host_label)),
        ("Host name in Contact and From", _mark(connection.host_name)),
        ("TLS certificate covers", _mark(f"*.{connection.base_domain}")),
        *(("Teams signalling", format_html("{}:{}, TLS", host, SIGNALLING_PORT)) for host in hosts),
        ("Licensed users", _mark(service.licensed_users)),
    ]
    return _lines(*(format_html("{}  {}", f"{name:<29}", value) for name, value in values))
