"""The three values themselves: what is seen before anything is sent, or from which value was sent."""

from m365.causes.entry import OVERVIEW, SECRETS, TENANT, Cause

MALFORMED_TENANT = Cause(
    "malformed_tenant",
    "This is neither a tenant ID nor a domain. A tenant ID has 8-4-4-4-12 characters, 0–9 and a–f. Copy Directory "
    "(tenant) ID.",
    "The tenant ID is neither a GUID nor a domain.",
    OVERVIEW,
    (900023,),
)
MALFORMED_CLIENT = Cause(
    "malformed_client",
    "This is not an application (client) ID. It has 8-4-4-4-12 characters, 0–9 and a–f.",
    "The application (client) ID is not a GUID.",
    OVERVIEW,
    (90112,),
    verified=False,
)
EMAIL_FOR_ID = Cause(
    "email_for_id",
    "This is an e-mail address. We need the ID: 8-4-4-4-12 characters, 0–9 and a–f.",
    "An e-mail address was entered in place of an ID.",
    OVERVIEW,
)
NOBODYS_TENANT = Cause(
    "nobodys_tenant",
    "This ID belongs to no organisation. Copy your own Directory (tenant) ID.",
    "The tenant is the empty GUID, “common” or “organizations”: no organisation in particular.",
    OVERVIEW,
)
PERSONAL_ACCOUNTS = Cause(
    "personal_accounts",
    "This is Microsoft’s directory of personal accounts, not your organisation’s. Sign in to the Entra admin center "
    "with your work account and copy Directory (tenant) ID.",
    "The tenant is the one of personal Microsoft accounts.",
    OVERVIEW,
)
SAME_ID_TWICE = Cause(
    "same_id_twice",
    "This is the tenant ID once more. Copy Application (client) ID, on the same page.",
    "Tenant ID and client ID are the same; one was pasted twice.",
    OVERVIEW,
)
SWAPPED_IDS = Cause(
    "swapped_ids",
    "The two IDs stand in each other’s field: what you entered as client ID is a tenant ID. Please swap them.",
    "Tenant ID and client ID were swapped: the client ID is a tenant, the tenant ID is none.",
    OVERVIEW,
)
TENANT_FOR_CLIENT = Cause(
    "tenant_for_client",
    "What you entered as client ID is a tenant ID. Copy Application (client) ID, on the same page.",
    "The client ID is the ID of a tenant.",
    OVERVIEW,
)
NO_SECRET = Cause(
    "no_secret", "Please enter the client secret.", "No client secret was sent.", SECRETS, (7000216, 7000218)
)
SECRET_ID = Cause(
    "secret_id",
    "You pasted the Secret ID. We need the Value, in the column left of it. Entra shows the Value only once: "
    "if it is gone, make a new client secret and copy its Value.",
    "The Secret ID was entered in place of the Value.",
    SECRETS,
)
MALFORMED_SECRET = Cause(
    "malformed_secret",
    "This is not the Value of a client secret: it is too long or has line ends in it.",
    "What was entered as client secret is too long or not printable.",
    SECRETS,
)
UNUSUAL_SECRET = Cause(
    "unusual_secret",
    "What you entered does not look like the Value of a client secret, which has about 40 characters and “Q~” in it. "
    "Make sure that you copied the whole column Value.",
    "What was entered does not have the form of today’s client secrets; older ones differ.",
    SECRETS,
    verified=False,
)
UNKNOWN_DOMAIN = Cause(
    "unknown_domain",
    "There is no Microsoft 365 organisation with this domain. Copy Directory (tenant) ID instead.",
    "Entra knows no tenant with this domain in this cloud.",
    TENANT,
)
