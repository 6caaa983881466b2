"""Settings of passwords, second factors and their limits: the part of the settings that belongs to allauth."""

from datetime import timedelta
from typing import Any

import environ

env = environ.Env()

PASSWORD_LEAST_CHARACTERS = 12
_checks = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"{_checks}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_checks}.MinimumLengthValidator", "OPTIONS": {"min_length": PASSWORD_LEAST_CHARACTERS}},
    {"NAME": f"{_checks}.CommonPasswordValidator"},
    {"NAME": "portal.core.accounts.passwords.NotOfThisPlace"},
    {
        "NAME": "portal.core.accounts.passwords.NotBreached",
        "OPTIONS": {"file": env.str("BREACHED_PASSWORDS_FILE", "")},
    },
]
SESSION_ENGINE = "portal.core.accounts.session_store"
ACCOUNT_ADAPTER = "portal.core.accounts.adapter.Adapter"
ACCOUNT_FORMS = {
    "login": "portal.core.accounts.forms.SignInForm",
    "reset_password": "portal.core.accounts.forms.ForgottenForm",
    "reset_password_from_key": "portal.core.accounts.forms.ChoosePasswordForm",
    "change_password": "portal.core.accounts.forms.OtherPasswordForm",
    "reauthenticate": "portal.core.accounts.forms.ConfirmPasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False  # the other sessions end, by the password's hash in them
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "portal.core.accounts.tokens.OneUse"  # noqa: S105
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
# Before a password is hashed: so many failures of one client, and of one account or known browser.
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/300s/key"}
# How long an invited operator may take; what was asked for at the sign-in lasts an hour (portal/core/accounts).
PASSWORD_RESET_TIMEOUT = int(timedelta(days=7).total_seconds())
# The second factor.
MFA_ADAPTER = "portal.core.accounts.second_factor.Adapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "portal.core.accounts.forms.CodeForm",
    "reauthenticate": "portal.core.accounts.forms.ConfirmByCodeForm",
    "activate_totp": "portal.core.accounts.forms.AppForm",
    "add_webauthn": "portal.core.accounts.forms.PasskeyForm",
    "authenticate_webauthn": "portal.core.accounts.forms.PasskeyAsFactorForm",
    "login_webauthn": "portal.core.accounts.forms.PasskeySignInForm",
    "reauthenticate_webauthn": "portal.core.accounts.forms.ConfirmByPasskeyForm",
    "edit_webauthn": "portal.core.accounts.forms.RenamePasskeyForm",
}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # a key that asks for nothing would be one factor
MFA_TOTP_TOLERANCE = (
    1  # steps: who types the last digit as the code changes is right all the same (RFC 6238, 5.2)
)
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_RECOVERY_CODE_DIGITS = 10
