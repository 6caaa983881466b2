"""What a rotation does in Entra: sign in, make a secret, find and remove one. Which step is next says `rotation`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from m365.entra import SignIn
from m365.graph import Graph
from m365.http import Answer, MicrosoftError, MicrosoftUnreachable
from m365.matching import KnownCredential, Unreadable
from m365.models import AppRegistration, Credential, Rotation
from m365.shape import as_guid
from portal.core import clock, journal
from portal.core.actors import PORTAL
from portal.core.sealing import unseal
from portal.core.secrets import Secret

# How long a new secret shall live; the next one is for a tenant whose policy allows no more. Microsoft recommends
# less than twelve months.
LIVES = (timedelta(days=180), timedelta(days=90), timedelta(days=30))


class SignInRefused(Exception):
    """The secret in use is not accepted any more."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


def graph_of(registration: AppRegistration) -> Graph:
    """As the secret in use sees it. Raises Unsealable, SignInRefused and MicrosoftUnreachable."""
    if registration.active_credential is None or registration.client_id is None:
        raise SignInRefused(Answer())
    secret = unseal(registration.active_credential, "sealed_secret")
    attempt = SignIn(
        registration.cloud, str(registration.tenant_id), registration.client_id, secret, known=True
    )
    attempt.find_organisation()
    try:
        return Graph(registration.cloud, attempt.get_token())
    except MicrosoftUnreachable:
        raise
    except MicrosoftError as error:
        raise SignInRefused(error.answer) from error


def _entries(application: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Its secrets; what is none of Graph's entries is nobody's secret either."""
    found = application.get("passwordCredentials")
    return [entry for entry in found if isinstance(entry, Mapping)] if isinstance(found, list) else []


def named(application: Mapping[str, Any], name: str) -> list[UUID]:
    """The key ids of its secrets of this name."""
    ids = (
        as_guid(str(entry.get("keyId")))
        for entry in _entries(application)
        if entry.get("displayName") == name
    )
    return [key_id for key_id in ids if key_id]


def add(graph: Graph, rotation: Rotation) -> Mapping[str, Any]:
    """With the longest life that the tenant's policy allows."""
    client_id = rotation.registration.client_id
    if client_id is None:
        raise MicrosoftError(Answer())
    for life in LIVES:
        try:
            return graph.add_password(client_id, rotation.name_in_entra, clock.now() + life)
        except MicrosoftUnreachable:
            raise
        except MicrosoftError as error:
            refused = error
            if error.answer.error != "CredentialInvalidLifetimeAsPerAppPolicy":
                break
    raise refused


@dataclass(frozen=True)
class Made:
    known: KnownCredential
    secret: Secret

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> "Made":
        """Raises MicrosoftUnreachable for an answer that is none: the next try removes what was made."""
        try:
            known = KnownCredential.read(answer)
        except Unreadable as error:
            raise MicrosoftUnreachable(Answer(200)) from error
        text = answer.get("secretText")
        if not isinstance(text, str) or not text:
            raise MicrosoftUnreachable(Answer(200))
        return cls(known, Secret(text))


def remove(rotation: Rotation, credential: Credential, *, found_by_hint: bool) -> bool:
    """False, and nothing is removed, of what was found among others, where Entra keeps no hint of it.

    It could be somebody else's; what the portal made is known by its key. Nothing is removed either when it is gone,
    is in use, or stands with the enterprise application, which is not ours to change.
    """
    registration, key_id = rotation.registration, credential.key_id
    if registration.client_id is None or registration.active_credential_id == credential.pk:
        return True
    graph = graph_of(registration)
    hints = {
        str(entry.get("keyId")): entry.get("hint")
        for entry in _entries(graph.application(registration.client_id))
    }
    if key_id is None or str(key_id) not in hints:
        return True
    if found_by_hint and hints[str(key_id)] != credential.hint:
        return False
    graph.remove_password(registration.client_id, key_id)
    journal.write(PORTAL, "m365.secret_removed", [registration, rotation, credential], key_id=key_id)
    return True
