"""Entra's error documents.

Statuses, `error` strings and sentences: "Microsoft Entra authentication & authorization error codes",
recorded Azure SDK test traffic and public issue threads; where no record of the status exists (7000112,
7000229, 90112, 650059, 700027) it follows from the class of `error`: invalid_client is 401, all others 400.
"""

import uuid
from datetime import datetime
from typing import Any

from m365.simulator.rarer import RARER
from m365.simulator.values import is_guid
from m365.simulator.wire import Headers, Request, Response

TENANT_NOT_FOUND = 90002
TENANT_MALFORMED = 900023
TENANT_NOT_SPECIFIC = 9001023
CLIENT_ID_MALFORMED = 90112
PARAMETER_MISSING = 900144
REQUEST_MALFORMED = 9002313
GRANT_TYPE_UNSUPPORTED = 70003
APPLICATION_NOT_FOUND = 700016
APPLICATION_ELSEWHERE = 650059
APPLICATION_DISABLED = 7000112
SERVICE_PRINCIPAL_MISSING = 7000229
CREDENTIAL_MISSING = 7000218
SECRET_WRONG = 7000215
SECRET_EXPIRED = 7000222
CERTIFICATE_UNKNOWN = 700027
SCOPE_NOT_DEFAULT = 1002012
SCOPE_OF_MANY = 700022
RESOURCE_NOT_FOUND = 500011
BLOCKED_BY_POLICY = 53003
INSTANCE_UNKNOWN = 50049
TRANSIENT = 90033

_NOT_INSTALLED = (
    "This can happen if the application has not been installed by the administrator of the tenant or "
    "consented to by any user in the tenant. You may have sent your authentication request to the wrong "
    "tenant."
)

# code: (HTTP status, `error`, sentence)
_CATALOGUE: dict[int, tuple[int, str, str]] = {
    TENANT_NOT_FOUND: (
        400,
        "invalid_request",
        (
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing "
            "into the correct cloud. Check with your subscription administrator, this may happen if there "
            "are no active subscriptions for the tenant."
        ),
    ),
    TENANT_MALFORMED: (
        400,
        "invalid_request",
        "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain.",
    ),
    TENANT_NOT_SPECIFIC: (
        400,
        "invalid_request",
        (
            "The grant type is not supported over the /common or /consumers endpoints. Please use the "
            "/organizations or tenant-specific endpoint."
        ),
    ),
    CLIENT_ID_MALFORMED: (400, "invalid_request", "Application identifier is expected to be a GUID."),
    PARAMETER_MISSING: (
        400,
        "invalid_request",
        "The request body must contain the following parameter: '{parameter}'.",
    ),
    REQUEST_MALFORMED: (400, "invalid_request", "Invalid request. Request is malformed or invalid."),
    GRANT_TYPE_UNSUPPORTED: (
        400,
        "unsupported_grant_type",
        "The app requested an unsupported grant type '{grant_type}'.",
    ),
    APPLICATION_NOT_FOUND: (
        400,
        "unauthorized_client",
        "Application with identifier '{client_id}' was not found in the directory '{tenant}'. "
        + _NOT_INSTALLED,
    ),
    APPLICATION_ELSEWHERE: (
        400,
        "unauthorized_client",
        (
            "The application '{client_id}' is limited to the tenant it was registered in and cannot be "
            "used in '{tenant}'."
        ),
    ),
    APPLICATION_DISABLED: (400, "unauthorized_client", "Application '{client_id}'({name}) is disabled."),
    SERVICE_PRINCIPAL_MISSING: (
        401,
        "invalid_client",
        "The client application {client_id} is missing service principal in the tenant {tenant}.",
    ),
    CREDENTIAL_MISSING: (
        401,
        "invalid_client",
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    ),
    SECRET_WRONG: (
        401,
        "invalid_client",
        (
            "Invalid client secret provided. Ensure the secret being sent in the request is the client "
            "secret value, not the client secret ID, for a secret added to app '{client_id}'."
        ),
    ),
    SECRET_EXPIRED: (
        401,
        "invalid_client",
        (
            "The provided client secret keys for app '{client_id}' are expired. Visit the Azure portal to "
            "create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate "
            "credentials for added security: https://aka.ms/certCreds."
        ),
    ),
    CERTIFICATE_UNKNOWN: (
        401,
        "invalid_client",
        "The certificate with identifier used to sign the client assertion is not registered on application.",
    ),
    SCOPE_NOT_DEFAULT: (
        400,
        "invalid_scope",
        (
            "The provided value for scope {scope} is not valid. Client credential flows must have a scope "
            "value with /.default suffixed to the resource identifier (application ID URI)."
        ),
    ),
    SCOPE_OF_MANY: (
        400,
        "invalid_scope",
        (
            "The provided value for the input parameter 'scope' is not valid because it contains more than "
            "one resource."
        ),
    ),
    RESOURCE_NOT_FOUND: (
        400,
        "invalid_resource",
        "The resource principal named {resource} was not found in the tenant named {tenant}. "
        + _NOT_INSTALLED,
    ),
    BLOCKED_BY_POLICY: (
        400,
        "invalid_grant",
        (
            "Access has been blocked by Conditional Access policies. The access policy does not allow token "
            "issuance."
        ),
    ),
    INSTANCE_UNKNOWN: (400, "invalid_instance", "Unknown or invalid instance."),
    TRANSIENT: (503, "temporarily_unavailable", "A transient error has occurred. Please try again."),
    **RARER,
}
_WORDS = dict.fromkeys(("tenant", "client_id", "name", "scope", "resource", "parameter", "grant_type"), "…")


class Refused(Exception):
    """Entra says no. `error` replaces the code's usual string; `extra` joins the document."""

    def __init__(
        self, code: int, *, error: str = "", extra: dict[str, Any] | None = None, **words: str
    ) -> None:
        super().__init__(code)
        self.code = code
        self.status, usual, sentence = _CATALOGUE[code]
        self.error = error or usual
        self.sentence = sentence.format(**words)
        self.extra = extra or {}

    @classmethod
    def scripted(cls, code: int, error: str = "") -> "Refused":
        """Any code of the catalogue, whoever asks for what; KeyError for one that it lacks."""
        return cls(code, error=error, extra=None, **_WORDS)

    def document(self, request: Request, trace_id: str, now: datetime) -> dict[str, Any]:
        """The JSON members of an Entra error; its time stamp has a blank where ISO has a T."""
        sent = request.headers.get("client-request-id", "")
        correlation_id = sent if is_guid(sent) else str(uuid.uuid4())
        timestamp = f"{now:%Y-%m-%d %H:%M:%S}Z"
        return {
            "error": self.error,
            "error_description": f"AADSTS{self.code}: {self.sentence} Trace ID: {trace_id} "
            f"Correlation ID: {correlation_id} Timestamp: {timestamp}",
            "error_codes": [self.code],
            "timestamp": timestamp,
            "trace_id": trace_id,
            "correlation_id": correlation_id,
            "error_uri": f"{request.base_url}/error?code={self.code}",
            **self.extra,
        }

    def answer(self, request: Request, trace_id: str, now: datetime, headers: Headers) -> Response:
        document = self.document(request, trace_id, now)
        return Response.of_json(self.status, document, "application/json; charset=utf-8", headers)
