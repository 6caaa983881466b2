"""The rules of the client credentials grant.

Their order is tenant, app, service principal, credential, scope, policy. Microsoft publishes none; this one
is what its error codes suggest.
"""

import base64
import binascii
import hmac
import json
import uuid
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote_plus

from m365.simulator import aadsts
from m365.simulator.aadsts import Refused
from m365.simulator.directory import SINGLE_TENANT, Application, ServicePrincipal, Tenant
from m365.simulator.values import is_guid
from m365.simulator.wire import Request

_FORM = "application/x-www-form-urlencoded"
_GRAPH_APPLICATION = "00000003-0000-0000-c000-000000000000"
_DEFAULT = "/.default"


@dataclass(frozen=True)
class TokenRequest:
    """The fields of the form that a rule looks at; unknown ones are ignored as Entra does."""

    client_id: str
    client_secret: str
    client_assertion: str
    scope: str


def read_form(request: Request) -> TokenRequest:
    """The request's form, with HTTP Basic authentication in place of its two fields if given; or Refused."""
    form: dict[str, list[str]] = {}
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM:
        try:
            form = parse_qs(request.body.decode(), keep_blank_values=True, errors="strict")
        except UnicodeDecodeError:
            raise Refused(aadsts.REQUEST_MALFORMED) from None
    if any(len(values) > 1 for values in form.values()):
        raise Refused(aadsts.REQUEST_MALFORMED)
    fields = {name: values[0] for name, values in form.items()} | _basic_authentication(request)
    for parameter in ("grant_type", "client_id", "scope"):
        if not fields.get(parameter):
            raise Refused(aadsts.PARAMETER_MISSING, parameter=parameter)
    if fields["grant_type"] != "client_credentials":
        raise Refused(aadsts.GRANT_TYPE_UNSUPPORTED, grant_type=fields["grant_type"])
    return TokenRequest(
        client_id=fields["client_id"],
        client_secret=fields.get("client_secret", ""),
        client_assertion=fields.get("client_assertion", ""),
        scope=fields["scope"],
    )


def _basic_authentication(request: Request) -> dict[str, str]:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Refused(aadsts.REQUEST_MALFORMED) from None
    return {"client_id": unquote_plus(client_id), "client_secret": unquote_plus(secret)}


def authorise(tenant: Tenant, asked: TokenRequest) -> ServicePrincipal:
    """The service principal that may have a token; Refused names the first rule that is broken."""
    application = _application(tenant, asked.client_id)
    principal = _service_principal(tenant, application)
    _check_credential(application, principal, asked)
    _check_scope(tenant, asked.scope)
    if principal.blocked_by_policy:
        policy = {"access_token": {"capolids": {"essential": True, "values": [str(uuid.uuid4())]}}}
        raise Refused(
            aadsts.BLOCKED_BY_POLICY, extra={"suberror": "message_only", "claims": _compact_json(policy)}
        )
    return principal


def _application(tenant: Tenant, client_id: str) -> Application:
    if not is_guid(client_id):
        raise Refused(aadsts.CLIENT_ID_MALFORMED)
    application = tenant.directory.applications.get(client_id.lower())
    if application is None:
        raise Refused(aadsts.APPLICATION_NOT_FOUND, client_id=client_id, tenant=tenant.name)
    if application.tenant is not tenant and application.audience == SINGLE_TENANT:
        raise Refused(aadsts.APPLICATION_ELSEWHERE, client_id=client_id, tenant=tenant.name)
    return application


def _service_principal(tenant: Tenant, application: Application) -> ServicePrincipal:
    principal = tenant.service_principals.get(application.client_id)
    if principal is None:
        raise Refused(aadsts.SERVICE_PRINCIPAL_MISSING, client_id=application.client_id, tenant=tenant.id)
    if not principal.enabled:
        raise Refused(aadsts.APPLICATION_DISABLED, client_id=application.client_id, name=application.name)
    return principal


def _check_credential(application: Application, principal: ServicePrincipal, asked: TokenRequest) -> None:
    if asked.client_assertion:  # no application of this directory has a certificate
        raise Refused(aadsts.CERTIFICATE_UNKNOWN)
    if not asked.client_secret:
        raise Refused(aadsts.CREDENTIAL_MISSING)
    presented = asked.client_secret.encode()
    for secret in [*application.secrets, *principal.secrets]:
        if hmac.compare_digest(secret.value.encode(), presented):
            if secret.is_expired():
                raise Refused(aadsts.SECRET_EXPIRED, client_id=application.client_id)
            if secret.has_arrived():
                return
    raise Refused(aadsts.SECRET_WRONG, client_id=application.client_id)


def _check_scope(tenant: Tenant, scope: str) -> None:
    scopes = scope.split()
    if len(scopes) != 1:
        raise Refused(aadsts.SCOPE_OF_MANY)
    resource, found, rest = scopes[0].rpartition(_DEFAULT)
    if not found or rest:
        raise Refused(aadsts.SCOPE_NOT_DEFAULT, scope=scope)
    if resource.rstrip("/") not in (tenant.directory.cloud.audience, _GRAPH_APPLICATION):
        raise Refused(aadsts.RESOURCE_NOT_FOUND, resource=resource, tenant=tenant.name)


def _compact_json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
