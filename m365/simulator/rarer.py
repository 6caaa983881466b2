"""Entra's refusals that no rule of the simulator gives by itself: (HTTP status, `error`, gist), for scripted answers.

Codes: "Microsoft Entra authentication & authorization error codes" and public issue threads. Where no record of the
status exists it follows from the class of `error`: invalid_client is 401, the others are 400.
"""

RARER: dict[int, tuple[int, str, str]] = {
    50033: (503, "temporarily_unavailable", "A transient error has occurred."),
    50196: (400, "invalid_grant", "The server terminated an operation: a client request loop was detected."),
    530032: (400, "invalid_grant", "Access is blocked by a security policy of the tenant."),
    70011: (400, "invalid_scope", "The scope requested by the app is invalid."),
    70021: (
        400,
        "invalid_request",
        "No matching federated identity record found for the presented assertion.",
    ),
    70025: (400, "invalid_request", "The client has no configured federated identity credentials."),
    700023: (400, "invalid_scope", "The scope is not valid: it names no resource."),
    700024: (401, "invalid_client", "The client assertion is not within its valid time range."),
    7000216: (401, "invalid_client", "A client assertion, a client secret or a username is required."),
    7000272: (401, "invalid_client", "The key of the federated credential was not found at its issuer."),
    90006: (503, "temporarily_unavailable", "An error occurred while processing the request. Try again."),
    90012: (504, "temporarily_unavailable", "The request timed out."),
    90014: (400, "invalid_request", "A required field is missing."),
    90023: (400, "invalid_request", "The authentication service request is not valid."),
    90024: (503, "temporarily_unavailable", "The request has been throttled. Try again."),
    90041: (503, "server_error", "A transient error has occurred."),
    90055: (429, "temporarily_unavailable", "The tenant is throttled: too many incoming requests."),
    90090: (503, "temporarily_unavailable", "The discovery service is temporarily unavailable."),
    90130: (400, "invalid_request", "The application is not supported over the /common endpoint."),
    # Nobody's: what the portal says of a code that appears after its catalogue was written.
    8999999: (400, "invalid_grant", "A reason that no catalogue knows yet."),
}
