"""allauth's forms: labels say what goes where; placeholders would only repeat them."""

import json
import struct
from collections.abc import Callable
from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm, ReauthenticateForm, ResetPasswordForm
from allauth.account.forms import ResetPasswordKeyForm as NewPasswordForm
from allauth.core import context
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as ReauthenticateByCodeForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from allauth.mfa.webauthn.internal.auth import parse_authentication_response, parse_registration_response
from django import forms
from django.core.cache import cache

from portal.core.sealing import Unsealable

# allauth calls a new password so in all of its forms.
GOOD_PASSWORD = {"password1": "12 characters or more; a sentence is easy to remember and hard to guess."}


class Labelled(forms.Form):
    """Without placeholders, and with labels of our own."""

    labels: dict[str, str] = {}
    hints: dict[str, str] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            field.help_text = self.hints.get(name, "")


class SignInForm(Labelled, LoginForm):
    labels = {"login": "E-mail"}


class ForgottenForm(Labelled, ResetPasswordForm):
    labels = {"email": "E-mail"}


class ChoosePasswordForm(Labelled, NewPasswordForm):
    labels = {"password1": "New password", "password2": "The same again"}
    hints = GOOD_PASSWORD


class OtherPasswordForm(Labelled, ChangePasswordForm):
    labels = {"oldpassword": "Your password now", "password1": "New password", "password2": "The same again"}
    hints = GOOD_PASSWORD


class ConfirmPasswordForm(Labelled, ReauthenticateForm):
    labels = {"password": "Your password"}


class Code(Labelled):
    """A code of the app, or a recovery code."""

    labels = {"code": "Code"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs |= {"inputmode": "numeric", "class": "tl-w-s tl-mono"}


class UsedOnce(Code):
    """A code is good once for as long as it is good at all; allauth remembers it for one step of 30 seconds only."""

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        steps = 2 * app_settings.TOTP_TOLERANCE + 1
        used = f"second-factor/{self.user.pk}/{normalize_user_code(code)}"  # type: ignore[attr-defined]
        if not cache.add(used, True, timeout=steps * app_settings.TOTP_PERIOD):
            raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(UsedOnce, AuthenticateForm):
    hints = {"code": "The six digits that your app shows now, or one of your recovery codes."}


class ConfirmByCodeForm(UsedOnce, ReauthenticateByCodeForm):
    hints = CodeForm.hints


class AppForm(Code, ActivateTOTPForm):
    """Until the app has shown that it works, its secret waits in the session: sealed there, too."""

    secret: str
    hints = {"code": "The six digits that your app shows for Trunkline now."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        session, adapter = context.request.session, get_adapter()
        kept: str = self.secret
        try:
            self.secret = adapter.decrypt(kept)
        except Unsealable:  # allauth has made a new one and left it there as it is
            session[SECRET_SESSION_KEY] = adapter.encrypt(kept)


class AnyJson(json.JSONDecoder):
    """Raises for nesting too deep and numbers too long what Django catches, too."""

    def decode(self, s: str, *args: Any) -> Any:
        """Raises JSONDecodeError."""
        try:
            return super().decode(s, *args)
        except (RecursionError, ValueError) as fault:
            raise json.JSONDecodeError("unreadable", s, 0) from fault


class Answered(forms.Form):
    """What a passkey answers, if it is an answer: allauth catches only some of what its parser (fido2) raises."""

    credential = forms.JSONField(widget=forms.HiddenInput, decoder=AnyJson)
    parse: Callable[[Any], Any] = staticmethod(parse_authentication_response)

    def clean_credential(self) -> Any:
        """What allauth makes of it; of a new passkey it makes something later on."""
        if not self._readable():
            raise get_adapter().validation_error("incorrect_code")
        further = getattr(super(), "clean_credential", None)
        return further() if further else self.cleaned_data["credential"]

    def _readable(self) -> bool:
        try:
            answer = self.parse(self.cleaned_data["credential"])
            return isinstance(answer.response.client_data.origin, str)  # compared with this host later on
        except (AttributeError, LookupError, TypeError, ValueError, struct.error):
            return False


class PasskeyForm(Labelled, Answered, AddWebAuthnForm):
    parse = staticmethod(parse_registration_response)
    labels = {"name": "Name", "passwordless": "Sign in with this alone, without the password"}
    hints = {
        "name": "By which you tell it from others, as “Laptop” or “Blue key”.",
        "passwordless": "It asks for your finger, face or PIN each time, so it is both factors in one.",
    }


class PasskeyAsFactorForm(Answered, AuthenticateWebAuthnForm):
    pass


class PasskeySignInForm(Answered, LoginWebAuthnForm):
    pass


class ConfirmByPasskeyForm(Answered, ReauthenticateWebAuthnForm):
    pass


class RenamePasskeyForm(Labelled, EditWebAuthnForm):
    labels = {"name": "Name"}
