"""The login host: discovery, instance discovery, signing keys and the token endpoint."""

import re
import secrets
import uuid
from dataclasses import replace
from datetime import timedelta
from functools import partial
from urllib.parse import unquote

from m365.simulator import aadsts, discovery, grant
from m365.simulator.aadsts import Refused
from m365.simulator.directory import Directory, Tenant
from m365.simulator.faults import Call, Fault
from m365.simulator.tokens import EXPIRES_IN, TokenIssuer
from m365.simulator.values import is_guid
from m365.simulator.wire import Headers, Request, Response

_JSON = "application/json; charset=utf-8"
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.IGNORECASE)
_ROUTES = {
    "/v2.0/.well-known/openid-configuration": "discovery",
    "/discovery/v2.0/keys": "keys",
    "/oauth2/v2.0/token": "token",
}
_INSTANCE_PATH = "/common/discovery/instance"
_STRANGER = "https://login.microsoftonline.example"


class Login:
    """Answers for every tenant of one directory."""

    def __init__(self, directory: Directory, issuer: TokenIssuer) -> None:
        self.directory = directory
        self._issuer = issuer

    def call(self, request: Request) -> Call | None:
        """What the request asks of this host, or None for a path that the host does not know."""
        name, slash, rest = request.path.removeprefix("/").partition("/")
        name, endpoint = unquote(name), _ROUTES.get(slash + rest)
        if request.path == _INSTANCE_PATH:
            name, endpoint = "", "instance"
        if endpoint is None:
            return None
        tenant = self.directory.find(name)
        return Call(
            endpoint,
            tenant.id if tenant else name,
            answer=partial(self._answer, request, endpoint, name),
            failure=partial(self._failure, request, endpoint, name),
        )

    def _answer(self, request: Request, endpoint: str, name: str) -> Response:
        try:
            if endpoint == "token":
                return self._token(request, name)
            if request.method != "GET":
                return self._method_not_allowed("GET")
            if endpoint == "instance":
                document = discovery.instances(request)
            elif endpoint == "keys":
                document = self._issuer.key_set()
            elif name.lower() in discovery.SHARED_TENANTS:
                document = discovery.shared_configuration(
                    name.lower(), self.directory.cloud, request.base_url
                )
            else:
                document = discovery.openid_configuration(self._tenant(name, endpoint), request.base_url)
        except Refused as refused:
            return self._refusal(request, refused, endpoint)
        return Response.of_json(200, document, _JSON, self._headers(request, endpoint, str(uuid.uuid4())))

    def _failure(self, request: Request, endpoint: str, name: str, fault: Fault) -> Response:
        """What the host answers while it is unwell."""
        if fault.kind == "429":
            return Response.of_text(429, "Too Many Requests", "text/plain", fault.retry_headers())
        if fault.kind == "foreign-endpoint":
            return self._answer(replace(request, base_url=_STRANGER), endpoint, name)
        if fault.kind == "refusal":
            scripted = self._refusal(request, Refused.scripted(int(fault.code), fault.error), endpoint)
            return replace(scripted, status=fault.status or scripted.status)
        answer = self._refusal(request, Refused(aadsts.TRANSIENT), endpoint)
        if fault.kind == "error-200":
            return replace(answer, status=200)
        return replace(answer, headers=(*answer.headers, *fault.retry_headers()))

    def _token(self, request: Request, name: str) -> Response:
        if request.method != "POST":
            return self._method_not_allowed("POST")
        if name.lower() in discovery.SHARED_TENANTS:
            raise Refused(aadsts.TENANT_NOT_SPECIFIC)
        tenant = self._tenant(name, "token")
        principal = grant.authorise(tenant, grant.read_form(request))
        payload = {
            "token_type": "Bearer",
            "expires_in": EXPIRES_IN,
            "ext_expires_in": EXPIRES_IN,
            "access_token": self._issuer.issue(tenant, principal, self.directory.clock.now()),
        }
        return Response.of_json(200, payload, _JSON, self._headers(request, "token", str(uuid.uuid4())))

    def _tenant(self, name: str, endpoint: str) -> Tenant:
        tenant = self.directory.find(name)
        if tenant:
            return tenant
        if not is_guid(name) and not _DOMAIN.fullmatch(name):
            raise Refused(aadsts.TENANT_MALFORMED, tenant=name)
        # The same code has another `error` on discovery, as recorded Azure SDK test traffic shows.
        error = "invalid_request" if endpoint == "token" else "invalid_tenant"
        raise Refused(aadsts.TENANT_NOT_FOUND, error=error, tenant=name)

    def _refusal(self, request: Request, refused: Refused, endpoint: str) -> Response:
        trace_id = str(uuid.uuid4())
        headers = self._headers(request, endpoint, trace_id)
        return refused.answer(request, trace_id, self.directory.clock.now(), headers)

    def _headers(self, request: Request, endpoint: str, trace_id: str) -> Headers:
        """With cookies, as Entra sets them on every answer; the refusal of an unknown tenant is cacheable."""
        expires = self.directory.clock.now() + timedelta(days=30)
        cookie = (
            f"fpc={secrets.token_urlsafe(16)}; expires={expires:%a, %d-%b-%Y %H:%M:%S} GMT; path=/; secure"
        )
        caching: Headers = (
            ("Cache-Control", "no-store, no-cache"),
            ("Pragma", "no-cache"),
            ("Expires", "-1"),
        )
        if endpoint != "token":
            caching = (("Cache-Control", "max-age=86400, private"), ("Access-Control-Allow-Origin", "*"))
        echoed = request.headers.get("client-request-id", "")
        return (
            *caching,
            ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
            ("X-Content-Type-Options", "nosniff"),
            ("x-ms-request-id", trace_id),
            ("x-ms-ests-server", "2.1.22000.1 - WEULR1 ProdSlices"),
            *((("x-ms-clitelem", "1,0,0,,"),) if endpoint == "token" else ()),
            *((("client-request-id", echoed),) if is_guid(echoed) else ()),
            ("Set-Cookie", f"{cookie}; HttpOnly; SameSite=None"),
            ("Set-Cookie", "x-ms-gateway-slice=estsfd; path=/; secure; samesite=none; httponly"),
            ("Set-Cookie", "stsservicecookie=estsfd; path=/; secure; samesite=none; httponly"),
        )

    def _method_not_allowed(self, allowed: str) -> Response:
        return Response.of_text(405, "", "text/plain", (("Allow", allowed),))
