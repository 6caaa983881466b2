"""Why Entra refuses a sign-in, or why one that worked is not taken."""

from m365.causes.entry import (
    CONSENT,
    ENTERPRISE,
    OVERVIEW,
    SECRETS,
    SIGN_IN_LOGS,
    TENANT,
    Cause,
    Fault,
)

UNKNOWN_TENANT = Cause(
    "unknown_tenant",
    "There is no Microsoft 365 organisation with this tenant ID. Copy Directory (tenant) ID once more.",
    "Entra knows no tenant with this ID in this cloud; it may also have no active subscription.",
    OVERVIEW,
    (90002,),
    errors=("invalid_tenant",),
)
WRONG_CLOUD = Cause(
    "wrong_cloud",
    "Your organisation is in another of Microsoft’s clouds than the one we asked (worldwide, US Government, China). "
    "Please call us: we choose the right one.",
    "The tenant is in another cloud than the one chosen here. Choose the customer’s cloud and have the values entered "
    "again.",
    TENANT,
    verified=False,
)
CLOUD_UNCLEAR = Cause(
    "cloud_unclear",
    "Microsoft does not say clearly in which of its clouds your organisation is. There is nothing to do for you.",
    "What Entra says of the tenant fits none of the known clouds. Please check the cloud that is chosen here.",
    fault=Fault.US,
    verified=False,
)
UNKNOWN_APPLICATION = Cause(
    "unknown_application",
    "We found your organisation, but no app with this client ID in it. Copy Application (client) ID, not the "
    "Object ID, of an app that was made in this same organisation.",
    "The tenant exists; it has no application with this client ID.",
    OVERVIEW,
    (700016,),
    same=("the Object ID in place of the client ID", "a client ID of another organisation’s own app"),
)
NO_SERVICE_PRINCIPAL = Cause(
    "no_service_principal",
    "The app registration exists, but your organisation has no enterprise application for it. Grant admin "
    "consent; that makes it.",
    "The registration has no service principal in the tenant; admin consent was probably never granted.",
    CONSENT,
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
    "The secret does not fit this app. Copy the whole Value, or make a new client secret.",
    "Entra rejected the client secret.",
    SECRETS,
    (7000215,),
)
NOT_YET_KNOWN = Cause(
    "not_yet_known",
    "If you made this secret less than a minute ago, Microsoft may not know it everywhere yet. We try it again by "
    "ourselves for a minute, keep it sealed for that long, and this page turns as soon as it works.",
    "The secret may be too new: it is tried again for a minute before it counts as wrong.",
    fault=Fault.MICROSOFT,
    passes=True,
)
EXPIRED_SECRET = Cause(
    "expired_secret",
    "The client secret has expired. Make a new one and enter its Value here.",
    "The client secret has expired.",
    SECRETS,
    (7000222,),
)
DISABLED = Cause(
    "disabled",
    "The app is switched off in your organisation. Set Enabled for users to sign-in to Yes.",
    "The enterprise application is disabled in the tenant.",
    ENTERPRISE,
    (7000112,),
    verified=False,
)
CONDITIONAL_ACCESS = Cause(
    "conditional_access",
    "A Conditional Access policy of your organisation blocks this app from our network. Exclude the app, or "
    "allow our addresses; we tell you which.",
    "A Conditional Access policy for workload identities blocks the sign-in from our addresses.",
    SIGN_IN_LOGS,
    (53003,),
)
SECURITY_POLICY = Cause(
    "security_policy",
    "A security policy of your organisation blocks this app. Exclude the app, or allow our addresses; we tell you "
    "which.",
    "A security policy of the tenant blocks the sign-in.",
    SIGN_IN_LOGS,
    (530032,),
    verified=False,
)
CERTIFICATE_MISSING = Cause(
    "certificate_missing",
    "The certificate in use is not, or no longer, uploaded to your app registration. Upload it under Certificates.",
    "The certificate that signs for us is not on the app registration, or is another one.",
    SECRETS,
    (700027,),
    verified=False,
)
FEDERATION_MISMATCH = Cause(
    "federation_mismatch",
    "The federated credential on your app registration does not match. Compare issuer, subject and audience with the "
    "values we gave you, sign by sign.",
    "No federated credential of the app registration matches ours.",
    "App registrations › your app › Certificates & secrets › Federated credentials",
    (70021, 70025),
    verified=False,
)
PRODUCT_MISSING = Cause(
    "product_missing",
    "Microsoft Graph is not available to your organisation where we asked for it: either it is in another of "
    "Microsoft’s clouds, or a subscription is missing. Please call us.",
    "The tenant has no Microsoft Graph in this cloud: wrong cloud, or no such product there.",
    TENANT,
    (500011,),
    verified=False,
    errors=("invalid_resource",),
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

# Without a number that we know, by `error` alone: true in general, with Microsoft's trace id for the rest.
CLIENT_REFUSED = Cause(
    "client_refused",
    "Microsoft does not accept this app with this secret and gives a reason that we do not know yet. Check both "
    "values; if they are right, please call us.",
    "Entra refused the app or its credential for a reason that the catalogue does not know. Microsoft’s trace id "
    "helps their support.",
    SECRETS,
    errors=("invalid_client",),
)
APPLICATION_REFUSED = Cause(
    "application_refused",
    "This app may not sign in to your organisation, for a reason that we do not know yet. Look at the sign-in logs, "
    "or call us.",
    "Entra does not let this app sign in to this tenant, for a reason that the catalogue does not know. Microsoft’s "
    "trace id helps their support.",
    SIGN_IN_LOGS,
    errors=("unauthorized_client",),
)
ACCESS_REFUSED = Cause(
    "access_refused",
    "A rule of your organisation refuses the sign-in. The sign-in logs say which one.",
    "Entra refused access by a rule that the catalogue does not know. Microsoft’s trace id helps their support.",
    SIGN_IN_LOGS,
    errors=("invalid_grant", "interaction_required", "access_denied"),
)
REFUSED = Cause(
    "refused",
    "Microsoft refused the sign-in for a reason that we do not know yet. Please call us; we look it up.",
    "Entra refused the sign-in with an answer that the catalogue does not know. Microsoft’s trace id helps "
    "their support.",
)
