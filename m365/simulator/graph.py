"""Microsoft Graph: organisation, applications and service principals, with an app-only token."""

import re
import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import unquote

from m365.simulator import entities, own_secrets
from m365.simulator.directory import Directory, ServicePrincipal, Tenant
from m365.simulator.entities import Entity
from m365.simulator.faults import Call, Fault
from m365.simulator.tokens import NotOurToken, TokenIssuer, is_current
from m365.simulator.values import is_guid
from m365.simulator.wire import Headers, Request, Response

_JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
_PATH = re.compile(r"/(?P<version>v1\.0|beta)/(?P<collection>[A-Za-z]+)(?P<rest>.*)")
_KEY = re.compile(r"\(appId='(?P<app_id>[^']*)'\)|/(?P<id>[^/]+)")
_APPLICATION_READERS = frozenset(
    {"Application.Read.All", "Application.ReadWrite.OwnedBy", "Application.ReadWrite.All"}
)
# Which application permission, any one of them, opens a collection: the permission tables of "Get
# application" and "List organizations"; for service principals the same as for applications.
ROLES = {
    "organization": frozenset(
        {
            "Organization.Read.All",
            "Directory.Read.All",
            "Organization.ReadWrite.All",
            "Directory.ReadWrite.All",
        }
    ),
    "applications": _APPLICATION_READERS,
    "servicePrincipals": _APPLICATION_READERS,
}
_GRAPH_APPLICATION = "00000003-0000-0000-c000-000000000000"
_DIAGNOSTIC = (
    '{"ServerInfo":{"DataCenter":"West Europe","Slice":"E","Ring":"5","ScaleUnit":"004",'
    '"RoleInstance":"AM2PEPF0001"}}'
)
_TYPES = {
    "organization": "organization",
    "applications": "application",
    "servicePrincipals": "servicePrincipal",
}


class GraphError(Exception):
    """Graph says no, with a status and a code that programs may branch on."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


class Graph:
    """Answers for the tenant named in the bearer token, never for one named in the URL."""

    def __init__(self, directory: Directory, issuer: TokenIssuer) -> None:
        self.directory = directory
        self._issuer = issuer

    def call(self, request: Request) -> Call | None:
        """What the request asks of Graph, or None for a path of another host."""
        if not request.path.startswith(("/v1.0/", "/beta/")):
            return None
        found = _PATH.fullmatch(request.path)
        try:
            tenant_id = str(self._issuer.read(_bearer(request))["tid"])
        except NotOurToken:
            tenant_id = ""
        action = own_secrets.action_of(found["rest"])[1] if found else ""
        return Call(
            action or (found["collection"] if found else ""),
            tenant_id,
            answer=partial(self._answer, request),
            failure=partial(self._failure, request),
        )

    def _answer(self, request: Request) -> Response:
        try:
            payload = self._perform(request)
        except GraphError as error:
            return self._error(request, error)
        headers = self._headers(request, str(uuid.uuid4()))
        return Response.of_json(200, payload, _JSON, headers) if payload else Response(204, b"", "", headers)

    def _failure(self, request: Request, fault: Fault) -> Response:
        """What Graph answers while it is unwell."""
        if fault.kind == "refusal":
            error = GraphError(fault.status, str(fault.code), "A refusal as the directory file has it.")
        elif fault.kind == "429":
            error = GraphError(429, "TooManyRequests", "Too many requests. Please retry later.")
        else:
            status = 200 if fault.kind == "error-200" else 503
            error = GraphError(status, "serviceNotAvailable", "The service is temporarily unavailable.")
        return self._error(request, error, fault.retry_headers())

    def _perform(self, request: Request) -> Mapping[str, Any]:
        claims = self._authenticate(request)
        found = _PATH.fullmatch(request.path)
        if found is None or found["collection"] not in ROLES:
            segment = request.path.split("/")[2].partition("(")[0]
            raise GraphError(400, "BadRequest", f"Resource not found for the segment '{segment}'.")
        rest, action = unquote(found["rest"]), ""
        if found["collection"] == "applications":
            rest, action = own_secrets.action_of(rest)
        if request.method != ("POST" if action else "GET"):
            raise GraphError(
                405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target."
            )
        collection, key = found["collection"], _parse_key(found["collection"], rest)
        tenant, principal = self._caller(claims)
        roles = set(claims.get("roles", ()))
        if not ROLES[collection] & roles:
            raise _denied()
        entity = self._find(tenant, collection, key)
        if action:
            application = tenant.applications[str(entity["appId"])]
            if not own_secrets.may_write(application, principal, roles):
                raise _denied()
            return own_secrets.perform(application, action, request, GraphError) or {}
        names = [name for name in (request.parameter("$select") or "").split(",") if name]
        shown = entities.select(entity, names, lambda name: _no_property(name, collection))
        listed = collection == "organization" and not key
        context = entities.context(
            self.directory.cloud.audience, found["version"], collection, names, single=not listed
        )
        return {**context, "value": [shown]} if listed else {**context, **shown}

    def _authenticate(self, request: Request) -> dict[str, Any]:
        token = _bearer(request)
        if not token:
            raise _unauthenticated("Access token is empty.")
        try:
            claims = self._issuer.read(token)
        except NotOurToken:
            raise _unauthenticated("CompactToken validation failed with reason code: 80049228.") from None
        if claims["aud"] != self.directory.cloud.audience:
            raise _unauthenticated("Access token validation failure. Invalid audience.")
        if not is_current(claims, self.directory.clock.now()):
            raise _unauthenticated("Lifetime validation failed, the token is expired.")
        return claims

    def _caller(self, claims: dict[str, Any]) -> tuple[Tenant, ServicePrincipal]:
        tenant = self.directory.tenants.get(claims["tid"])
        principal = tenant.service_principals.get(claims["appid"]) if tenant else None
        if tenant is None or principal is None or not principal.established:
            raise GraphError(
                401,
                "Authorization_IdentityNotFound",
                "The identity of the calling application could not be established.",
            )
        return tenant, principal

    def _find(self, tenant: Tenant, collection: str, key: dict[str, str]) -> Entity:
        if collection == "organization":
            known = [entities.organization(tenant)]
        elif collection == "applications":
            known = [entities.application(application) for application in tenant.applications.values()]
        else:
            known = [entities.service_principal(p) for p in tenant.service_principals.values()]
        for entity in known:
            if all(str(entity[name]).lower() == value.lower() for name, value in key.items()):
                return entity
        raise GraphError(
            404,
            "Request_ResourceNotFound",
            f"Resource '{next(iter(key.values()))}' does not exist or one of its queried reference-property "
            f"objects are not present.",
        )

    def _error(self, request: Request, error: GraphError, headers: Headers = ()) -> Response:
        request_id = str(uuid.uuid4())
        inner = {
            "date": f"{self.directory.clock.now():%Y-%m-%dT%H:%M:%S}",
            "request-id": request_id,
            "client-request-id": _client_request_id(request, request_id),
        }
        payload = {"error": {"code": error.code, "message": error.message, "innerError": inner}}
        if error.status == 401:
            authority = f"{request.base_url}/common/oauth2/authorize"
            challenge = f'Bearer realm="", authorization_uri="{authority}", client_id="{_GRAPH_APPLICATION}"'
            headers = (("WWW-Authenticate", challenge), *headers)
        all_headers = (*self._headers(request, request_id), *headers)
        return Response.of_json(error.status, payload, "application/json", all_headers)

    def _headers(self, request: Request, request_id: str) -> Headers:
        return (
            ("Cache-Control", "no-cache"),
            ("Strict-Transport-Security", "max-age=31536000"),
            ("request-id", request_id),
            ("client-request-id", _client_request_id(request, request_id)),
            ("x-ms-ags-diagnostic", _DIAGNOSTIC),
            ("x-ms-resource-unit", "1"),
            ("OData-Version", "4.0"),
        )


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _client_request_id(request: Request, request_id: str) -> str:
    sent = request.headers.get("client-request-id", "")
    return sent if is_guid(sent) else request_id


def _parse_key(collection: str, rest: str) -> dict[str, str]:
    """The property and value that address one object; nothing for the one organisation there is."""
    if collection == "organization" and not rest:
        return {}
    found = _KEY.fullmatch(rest)
    if found is None:
        raise GraphError(400, "BadRequest", f"Resource not found for the segment '{rest.strip('/')}'.")
    if found["id"] is not None:
        if not is_guid(found["id"]):
            raise GraphError(400, "Request_BadRequest", f"Invalid object identifier '{found['id']}'.")
        return {"id": found["id"]}
    if collection == "organization" or not is_guid(found["app_id"]):
        raise GraphError(
            400,
            "Request_BadRequest",
            "Invalid value specified for object reference property 'appId' of resource "
            f"'{_TYPES[collection]}'.",
        )
    return {"appId": found["app_id"]}


def _denied() -> GraphError:
    return GraphError(
        403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
    )


def _unauthenticated(message: str) -> GraphError:
    return GraphError(401, "InvalidAuthenticationToken", message)


def _no_property(name: str, collection: str) -> GraphError:
    return GraphError(
        400,
        "BadRequest",
        f"Parsing OData Select and Expand failed: Could not find a property named '{name}' on type "
        f"'microsoft.graph.{_TYPES[collection]}'.",
    )
