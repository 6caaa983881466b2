"""The catalogue of what can be wrong with a connection: one entry a cause, in words for both sides.

The category of an answer comes from HTTP status and `error`; a number only chooses a better sentence, because
Microsoft says that numbers and texts may change at any time ("Microsoft Entra authentication & authorization error
codes"). Microsoft's own text is never shown.
"""

from dataclasses import dataclass
from enum import Enum

from m365.http import Answer


class Fault(Enum):
    CUSTOMER = "customer"  # somebody changes something in the tenant, or types another value
    MICROSOFT = "microsoft"
    US = "us"


@dataclass(frozen=True)
class Cause:
    name: str
    customer: str
    operator: str
    place: str = ""  # in the Entra admin center
    codes: tuple[int, ...] = ()
    fault: Fault = Fault.CUSTOMER
    passes: bool = False  # by itself
    verified: bool = True  # that these codes mean this


_OVERVIEW = "App registrations › your app › Overview"
_SECRETS = "App registrations › your app › Certificates & secrets"
_CONSENT = "App registrations › your app › API permissions"

OK = Cause("ok", "The Application Registration is valid", "Signed in, and everything could be read.")

# The values themselves, before anything is sent
MALFORMED_TENANT = Cause(
    "malformed_tenant",
    "This is not a tenant ID. It has 8-4-4-4-12 characters, 0–9 and a–f. Copy Directory (tenant) ID.",
    "The tenant ID is not a GUID.",
    _OVERVIEW,
    (900023,),
)
MALFORMED_CLIENT = Cause(
    "malformed_client",
    "This is not an application (client) ID. It has 8-4-4-4-12 characters, 0–9 and a–f.",
    "The application (client) ID is not a GUID.",
    _OVERVIEW,
    (90112,),
    verified=False,
)
EMAIL_FOR_ID = Cause(
    "email_for_id",
    "This is an e-mail address. We need the ID: 8-4-4-4-12 characters, 0–9 and a–f.",
    "An e-mail address was entered in place of an ID.",
    _OVERVIEW,
)
NOBODYS_TENANT = Cause(
    "nobodys_tenant",
    "This ID belongs to no organisation. Copy your own Directory (tenant) ID.",
    "The tenant ID is the one of personal accounts, or empty.",
    _OVERVIEW,
)
SAME_ID_TWICE = Cause(
    "same_id_twice",
    "This is the tenant ID once more. Copy Application (client) ID, on the same page.",
    "Tenant ID and client ID are the same; one was pasted twice.",
    _OVERVIEW,
)
NO_SECRET = Cause(
    "no_secret", "Please enter the client secret.", "No client secret was sent.", _SECRETS, (7000216, 7000218)
)
SECRET_ID = Cause(
    "secret_id",
    "You pasted the Secret ID. We need the Value, in the column left of it. Entra shows the Value only once: "
    "if it is gone, make a new client secret and copy its Value.",
    "The Secret ID was entered in place of the Value.",
    _SECRETS,
)
MALFORMED_SECRET = Cause(
    "malformed_secret",
    "This is not the Value of a client secret: it is too long or has line ends in it.",
    "What was entered as client secret is too long or not printable.",
    _SECRETS,
)

# What Entra answers
UNKNOWN_TENANT = Cause(
    "unknown_tenant",
    "There is no Microsoft 365 organisation with this tenant ID. Copy Directory (tenant) ID once more.",
    "Entra knows no tenant with this ID in this cloud; it may also have no active subscription.",
    _OVERVIEW,
    (90002,),
)
UNKNOWN_APPLICATION = Cause(
    "unknown_application",
    "We found your organisation, but no app with this client ID in it. Copy Application (client) ID, not the "
    "Object ID, of an app that was made in this same organisation.",
    "The tenant exists; it has no application with this client ID.",
    _OVERVIEW,
    (700016,),
)
NO_SERVICE_PRINCIPAL = Cause(
    "no_service_principal",
    "The app registration exists, but your organisation has no enterprise application for it. Grant admin "
    "consent; that makes it.",
    "The registration has no service principal in the tenant; admin consent was probably never granted.",
    _CONSENT,
    (7000229,),
    verified=False,
)
FOREIGN_APPLICATION = Cause(
    "foreign_application",
    "This app was registered in another organisation and may not be used in yours. Register one in the "
    "organisation whose tenant ID you entered.",
    "The app is limited to the tenant it was made in, and that is another one.",
    "App registrations",
    (650059,),
    verified=False,
)
WRONG_SECRET = Cause(
    "wrong_secret",
    "The secret does not fit this app. Copy the whole Value, or make a new client secret. A secret that was made "
    "less than a minute ago may not work yet: try it once more.",
    "Entra rejected the client secret.",
    _SECRETS,
    (7000215,),
)
EXPIRED_SECRET = Cause(
    "expired_secret",
    "The client secret has expired. Make a new one and enter its Value here.",
    "The client secret has expired.",
    _SECRETS,
    (7000222,),
)
DISABLED = Cause(
    "disabled",
    "The app is switched off in your organisation. Set Enabled for users to sign-in to Yes.",
    "The enterprise application is disabled in the tenant.",
    "Enterprise applications › your app › Properties",
    (7000112,),
    verified=False,
)
CONDITIONAL_ACCESS = Cause(
    "conditional_access",
    "A Conditional Access policy of your organisation blocks this app from our network. Exclude the app, or "
    "allow our addresses; we tell you which.",
    "A Conditional Access policy for workload identities blocks the sign-in from our addresses.",
    "Sign-in logs › Service principal sign-ins",
    (53003, 530032),
)
OTHER_TENANT = Cause(
    "other_tenant",
    "This is not the organisation that your provider expects here. Please call them.",
    "The values belong to another tenant than the one recorded on the customer.",
)
TENANT_IN_USE = Cause(
    "tenant_in_use",
    "Your provider looks first whether this is the organisation that they expect here.",
    "Another customer is connected to this tenant already.",
)
TENANT_REJECTED = Cause(
    "tenant_rejected",
    "The sign-in worked, but your provider did not expect this organisation here. Please call them.",
    "An operator rejected this tenant; the secret was wiped.",
)
TOO_LATE = Cause(
    "too_late",
    "The values are right, but this invitation was withdrawn, or answered by somebody else, while we looked.",
    "Signed in, but the invitation was revoked or another credential was put in use meanwhile; nothing changed.",
)
REFUSED = Cause(
    "refused",
    "Microsoft refused the sign-in for a reason that we do not know yet. Please call us; we look it up.",
    "Entra refused the sign-in with an answer that the catalogue does not know. Microsoft’s trace id helps "
    "their support.",
)

# Signed in, but
PERMISSION_MISSING = Cause(
    "permission_missing",
    "A permission is missing. Add it as an application permission (not a delegated one) and grant admin consent.",
    "A permission is missing, was added as delegated, or waits for admin consent.",
    _CONSENT,
)
ELSEWHERE_REGISTERED = Cause(
    "elsewhere_registered",
    "The app is registered in another organisation, so the end of its secret cannot be read.",
    "The application object is in another tenant; its credentials cannot be read from this one.",
)

# Nobody at the customer can do anything
UNREACHABLE = Cause(
    "unreachable",
    "Microsoft could not be reached or is too busy. That is not your fault; please try again in a few minutes.",
    "Microsoft gave no usable answer. Nothing was changed.",
    # Documented as passing by themselves in "Microsoft Entra authentication & authorization error codes".
    codes=(50033, 50196, 90006, 90012, 90024, 90033, 90041, 90055, 90090),
    fault=Fault.MICROSOFT,
    passes=True,
)
OUR_FAULT = Cause(
    "our_fault",
    "Something is wrong on our side. Please call us.",
    "The portal sent something that Entra does not accept. The log has the details.",
    codes=(70011, 1002012, 700022, 700023, 900144, 90014, 9002313, 90023, 50049, 90130, 9001023, 700024),
    fault=Fault.US,
)

CATALOGUE: dict[str, Cause] = {
    cause.name: cause for cause in list(globals().values()) if isinstance(cause, Cause)
}
_BY_CODE = {code: cause for cause in CATALOGUE.values() for code in cause.codes}
# When the number says nothing: the OAuth 2.0 error alone.
_BY_ERROR = {
    "invalid_client": WRONG_SECRET,
    "invalid_tenant": UNKNOWN_TENANT,
    "invalid_scope": OUR_FAULT,
    "foreign_token_endpoint": OUR_FAULT,
}


def of_refused_sign_in(answer: Answer) -> Cause:
    """Why Entra refused, by its first known number, else by its `error`."""
    for code in answer.codes:
        cause = _BY_CODE.get(code)
        if cause and not cause.passes:
            return cause
    return _BY_ERROR.get(answer.error, REFUSED)


def of_refused_reading(answer: Answer) -> Cause:
    """Why Graph let us in but not read; "no identity" is what it says when no permission at all was granted."""
    if answer.status == 404:
        return ELSEWHERE_REGISTERED
    denied = answer.status == 403 or answer.error == "Authorization_IdentityNotFound"
    return PERMISSION_MISSING if denied else OUR_FAULT
