"""Signed in, but something cannot be read."""

from m365.causes.entry import CONSENT, Cause, Fault

CONSENT_MISSING = Cause(
    "consent_missing",
    "Nobody has agreed to this permission yet. Press Grant admin consent; if it is not in the list, add it as an "
    "application permission first.",
    "Admin consent is missing.",
    CONSENT,
    errors=("Authorization_IdentityNotFound",),
)
DELEGATED_PERMISSION = Cause(
    "delegated_permission",
    "The permission was added as a delegated one, which works only while somebody is signed in. Add it as an "
    "application permission and grant admin consent.",
    "The permission was added as delegated instead of application.",
    CONSENT,
    verified=False,
)
PERMISSION_MISSING = Cause(
    "permission_missing",
    "A permission is missing. Add it as an application permission (not a delegated one) and grant admin consent.",
    "A permission is missing, was added as delegated, or waits for admin consent.",
    CONSENT,
    errors=("Authorization_RequestDenied",),
)
ELSEWHERE_REGISTERED = Cause(
    "elsewhere_registered",
    "The app is registered in another organisation, so the end of its secret cannot be read.",
    "The application object is in another tenant; its credentials cannot be read from this one.",
    errors=("Request_ResourceNotFound",),
)
TOKEN_REFUSED = Cause(
    "token_refused",
    "The sign-in worked, but Microsoft did not let us read with it. That is on our side; we look into it.",
    "Graph refused a new token, twice: the clock of this machine, the cloud, or a defect of the portal.",
    fault=Fault.US,
    errors=("InvalidAuthenticationToken",),
)
READING_REFUSED = Cause(
    "reading_refused",
    "The sign-in worked, but Microsoft refused to let us read, for a reason that we do not know yet. We look it up.",
    "Graph refused with an answer that the catalogue does not know. Microsoft’s trace id helps their support.",
    fault=Fault.US,
)
# Which mean that a permission is not there, however that came.
ABOUT_PERMISSIONS = frozenset({CONSENT_MISSING, DELEGATED_PERMISSION, PERMISSION_MISSING})
