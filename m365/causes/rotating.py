"""The portal was let to renew a client secret itself, and could not."""

from m365.causes.entry import CONSENT, SECRETS, Cause, Fault

RENEWAL_NOT_PERMITTED = Cause(
    "renewal_not_permitted",
    "We may not renew the client secret ourselves: the permission Application.ReadWrite.OwnedBy is not granted, or the "
    "app is not its own owner.",
    "The permission to renew the secret is gone, or the app is not its own owner.",
    CONSENT,
)
RENEWAL_AGAINST_POLICY = Cause(
    "renewal_against_policy",
    "Your organisation’s policy for apps does not let us make a client secret that lives 30 days.",
    "A policy of the tenant forbids client secrets, or their life of 30 days.",
    SECRETS,
    errors=("CredentialInvalidLifetimeAsPerAppPolicy", "CredentialTypeNotAllowedAsPerAppPolicy"),
    verified=False,
)
FORMER_UNSURE = Cause(
    "former_unsure",
    "The client secret is renewed. We left the former one in place, because Microsoft does not tell for certain which "
    "one it is; please delete it.",
    "The former secret was left in place: Microsoft keeps no hint of it, so it could be somebody else’s.",
    SECRETS,
)
RENEWAL_REFUSED = Cause(
    "renewal_refused",
    "Microsoft refused to renew the client secret, for a reason that we do not know yet. We look it up.",
    "Graph refused with an answer that the catalogue does not know.",
    fault=Fault.US,
)
