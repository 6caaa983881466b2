"""App-only access tokens for Microsoft Graph, version 1.0 format."""

import base64
import hashlib
import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from m365.simulator.directory import ServicePrincipal, Tenant

EXPIRES_IN = 3599
_BACKDATED = timedelta(seconds=300)
_LIFETIME = timedelta(hours=1)
_NO_DIRECTORY_ROLE = (
    "0997a1d0-0d1d-4acb-b408-d5ca73121e90"  # what `wids` of an app without any Entra role holds
)


class NotOurToken(Exception):
    """The bearer token is malformed or somebody else signed it."""


class TokenIssuer:
    """Signs tokens and reads them back; its key lives as long as the process."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self._key_id = base64.urlsafe_b64encode(hashlib.sha256(public).digest()[:20]).decode().rstrip("=")

    def issue(self, tenant: Tenant, principal: ServicePrincipal, now: datetime) -> str:
        """A token for this service principal; without consent it has no `roles` claim at all.

        Claims: "Access token claims reference"; `iat` and `nbf` lie five minutes back, as in issued tokens.
        """
        cloud = tenant.directory.cloud
        issuer = f"{cloud.token_issuer}/{tenant.id}/"
        began = int((now - _BACKDATED).timestamp())
        claims: dict[str, Any] = {
            "aud": cloud.audience,
            "iss": issuer,
            "iat": began,
            "nbf": began,
            "exp": int((now + _LIFETIME).timestamp()),
            "aio": secrets.token_urlsafe(30),
            "app_displayname": principal.application.name,
            "appid": principal.application.client_id,
            "appidacr": "1",
            "idp": issuer,
            "idtyp": "app",
            "oid": principal.object_id,
            "rh": secrets.token_urlsafe(30),
            "sub": principal.object_id,
            "tenant_region_scope": tenant.region,
            "tid": tenant.id,
            "uti": secrets.token_urlsafe(16),
            "ver": "1.0",
            "wids": list(principal.directory_roles) or [_NO_DIRECTORY_ROLE],
            "xms_tcdt": int(tenant.created_at.timestamp()),
        }
        if principal.roles:
            claims["roles"] = list(principal.roles)
        headers = {"nonce": uuid.uuid4().hex, "x5t": self._key_id, "kid": self._key_id}
        return jwt.encode(claims, self._key, algorithm="RS256", headers=headers)

    def read(self, token: str) -> dict[str, Any]:
        """The claims of a token we signed; times and audience are the reader's business."""
        options: Any = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False}
        try:
            return dict(jwt.decode(token, self._key.public_key(), algorithms=["RS256"], options=options))
        except jwt.InvalidTokenError as problem:
            raise NotOurToken(str(problem)) from problem

    def key_set(self) -> dict[str, Any]:
        """The public key as a JSON Web Key Set."""
        key = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        shown = {name: key[name] for name in ("kty", "n", "e")}
        return {"keys": [{**shown, "use": "sig", "kid": self._key_id, "x5t": self._key_id}]}


def is_current(claims: dict[str, Any], now: datetime) -> bool:
    return bool(claims["nbf"] <= now.timestamp() < claims["exp"])
