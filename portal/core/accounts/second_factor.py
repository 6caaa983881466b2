"""The second factor that every operator has: a passkey or an authenticator app, and recovery codes for when it is lost.

allauth does the asking and checking. What it stores of apps and recovery codes is sealed here; of a passkey it stores
the public key alone. Whether an operator has a factor stands in their row, so that no page needs to ask; it is looked
up anew at each sign-in and whenever one comes or goes.
"""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.signals import user_logged_in
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
from allauth.mfa.webauthn.views import RemoveWebAuthnView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from portal.core import journal
from portal.core.accounts import letters
from portal.core.actors import Actor, ActorKind
from portal.core.limits import address
from portal.core.sealing import open_text, seal_text
from portal.core.secrets import Secret
from portal.core.tenancy import Operator

PURPOSE = "allauth.mfa"
# Where in its data an authenticator keeps what is sealed.
SEALED = {Authenticator.Type.TOTP: "secret", Authenticator.Type.RECOVERY_CODES: "seed"}
FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
WORDS = {
    Authenticator.Type.TOTP: "authenticator app",
    Authenticator.Type.WEBAUTHN: "passkey",
    Authenticator.Type.RECOVERY_CODES: "recovery codes",
}


class Adapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "This code is not right, was used already, or is too old. Take the next one that is shown.",
        "cannot_delete_authenticator": "This is your only second factor: set up another one first.",
    }

    def encrypt(self, text: str) -> str:
        return seal_text(PURPOSE, Secret(text))

    def decrypt(self, encrypted_text: str) -> str:
        return open_text(PURPOSE, encrypted_text).reveal()

    def get_totp_issuer(self) -> str:
        return "Trunkline"

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Not the last factor: in between, the password alone would be enough to set up another."""
        others = Authenticator.objects.filter(user=authenticator.user_id, type__in=FACTORS)
        return authenticator.type not in FACTORS or others.exclude(pk=authenticator.pk).exists()

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:  # noqa: A002 - its name
        there = Authenticator.objects.filter(user=user.pk, type=type).count()
        return f"Passkey {there + 1}" if there else "Passkey"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": urlsplit(settings.PUBLIC_URL).hostname or "", "name": "Trunkline"}


class RemovePasskeyView(RemoveWebAuthnView):
    """Refuses to remove the only factor, which allauth's asks for apps alone."""

    def form_valid(self, form: Any) -> HttpResponse:
        if not Adapter().can_delete_authenticator(self.get_object()):
            messages.error(self.request, Adapter.error_messages["cannot_delete_authenticator"])
            return redirect("mfa_list_webauthn")
        answer: HttpResponse = super().form_valid(form)
        return answer


def is_set_up(operator: AbstractBaseUser) -> bool:
    """Whether they have a factor beside the password; recovery codes alone are none."""
    there: bool = Authenticator.objects.filter(user=operator.pk, type__in=FACTORS).exists()
    return there


def _note(operator: Operator) -> None:
    there = is_set_up(operator)
    if there == (operator.second_factor_since is not None):
        return
    operator.second_factor_since = timezone.now() if there else None
    operator.save(update_fields=["second_factor_since"])


@receiver(user_logged_in)
def signed_in(user: Operator, **_signal: Any) -> None:
    _note(user)


@receiver(authenticator_added)
def added(request: HttpRequest, user: Operator, authenticator: Authenticator, **_signal: Any) -> None:
    _note(user)
    if authenticator.type in FACTORS:
        _tell(request, user, "second_factor.added", authenticator)


@receiver(authenticator_removed)
def removed(request: HttpRequest, user: Operator, authenticator: Authenticator, **_signal: Any) -> None:
    _note(user)
    _tell(request, user, "second_factor.removed", authenticator)


@receiver(authentication_failed)
def refused(request: HttpRequest, user: Operator, **_signal: Any) -> None:
    """The password was right and the code was not, or a passkey was not theirs: worth knowing."""
    somebody = Actor(ActorKind.PORTAL, "somebody at the sign-in", source=address(request))
    journal.write(somebody, "second_factor.refused", [user])


@receiver(authenticator_reset)
def renewed(request: HttpRequest, user: Operator, authenticator: Authenticator, **_signal: Any) -> None:
    _tell(request, user, "recovery_codes.renewed", authenticator)


def _tell(request: HttpRequest, operator: Operator, verb: str, authenticator: Authenticator) -> None:
    entry = journal.write(
        Actor.of(request), verb, [operator], factor=WORDS[Authenticator.Type(authenticator.type)]
    )
    letters.post_change(operator, entry)
