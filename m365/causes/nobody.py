"""What nobody at the customer can do anything about: Microsoft, the network, or us."""

from m365.causes.entry import Cause, Fault

UNREACHABLE = Cause(
    "unreachable",
    "Microsoft could not be reached. That is not your fault; please try again in a few minutes.",
    "Microsoft could not be reached: no connection, or it broke off. Nothing was changed.",
    fault=Fault.MICROSOFT,
    passes=True,
)
TIMED_OUT = Cause(
    "timed_out",
    "Microsoft did not answer in time. That is not your fault; please try again in a few minutes.",
    "Microsoft did not answer in time. Nothing was changed.",
    fault=Fault.MICROSOFT,
    passes=True,
)
THROTTLED = Cause(
    "throttled",
    "Microsoft asks us to wait, because too many sign-ins come at once. That is not your fault; please try again in a "
    "few minutes.",
    "Microsoft throttles us. Nothing was changed.",
    fault=Fault.MICROSOFT,
    passes=True,
    errors=("TooManyRequests", "Request_ThrottledTemporarily"),
)
TENANT_THROTTLED = Cause(
    "tenant_throttled",
    "Microsoft asks us to wait, because too many sign-ins come to your organisation at once. Please try again in a "
    "few minutes.",
    "Microsoft throttles all sign-ins to this tenant. Nothing was changed.",
    codes=(90055,),
    fault=Fault.MICROSOFT,
    passes=True,
)
OUTAGE = Cause(
    "outage",
    "Microsoft has trouble answering. That is not your fault; please try again in a few minutes.",
    "Microsoft answered that it is down or busy. Nothing was changed.",
    # Documented as passing by themselves in "Microsoft Entra authentication & authorization error codes".
    codes=(50033, 90006, 90012, 90024, 90033, 90041, 90090),
    fault=Fault.MICROSOFT,
    passes=True,
    errors=("temporarily_unavailable", "server_error", "serviceNotAvailable"),
)
GARBLED = Cause(
    "garbled",
    "What came back was no answer of Microsoft’s; something in between may have answered. That is not your fault; "
    "please try again in a few minutes.",
    "The answer could not be understood: half a document, a proxy’s web page, or something new. Nothing was changed.",
    fault=Fault.MICROSOFT,
    passes=True,
)
SIGN_IN_LOOP = Cause(
    "sign_in_loop",
    "We asked Microsoft too often with these values. Please try again in ten minutes.",
    "Entra takes our repeated sign-ins for a loop. It goes on by itself after some minutes.",
    codes=(50196,),
    fault=Fault.US,
    passes=True,
)
FEDERATION_KEYS = Cause(
    "federation_keys",
    "Microsoft does not know our new keys yet. That takes up to an hour and is not your fault.",
    "The keys of our issuer changed, and Entra keeps the old ones for a while.",
    codes=(7000272,),
    fault=Fault.US,
    passes=True,
    verified=False,
)
ASSERTION_TIME = Cause(
    "assertion_time",
    "Something is wrong on our side. Please call us.",
    "Entra finds our signed assertion too old or too new: look at the clock of this machine.",
    codes=(700024,),
    fault=Fault.US,
    verified=False,
)
FOREIGN_TOKEN_ENDPOINT = Cause(
    "foreign_token_endpoint",
    "We stopped before anything was sent: the answer did not come from Microsoft as it should. Please call us.",
    "Discovery named a host that is not Microsoft’s. The secret was not sent. Look at the network in between.",
    fault=Fault.US,
    errors=("foreign_token_endpoint",),
)
OUR_FAULT = Cause(
    "our_fault",
    "Something is wrong on our side. Please call us.",
    "The portal sent something that Microsoft does not accept. The log has the details.",
    codes=(70011, 1002012, 700022, 700023, 900144, 90014, 9002313, 90023, 50049, 90130, 9001023),
    fault=Fault.US,
    errors=("invalid_scope", "unsupported_grant_type", "Request_BadRequest", "BadRequest"),
)
