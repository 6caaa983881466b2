"""The token in a link by which an operator chooses a password."""

from datetime import timedelta

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.utils.http import base36_to_int

from portal.core.tenancy import Operator

# An invitation may lie over a weekend and a holiday; a link that somebody asked for a moment ago may not.
WAY_BACK_LASTS = timedelta(hours=1)


class OneUse(PasswordResetTokenGenerator):
    """Good once, because it is made of the password it replaces; PASSWORD_RESET_TIMEOUT is for who has none yet."""

    def check_token(self, user: Operator | None, token: str | None) -> bool:
        if user is None or not token or not super().check_token(user, token):
            return False
        made = base36_to_int(token.partition("-")[0])
        age = timedelta(seconds=self._num_seconds(self._now()) - made)
        return age <= WAY_BACK_LASTS or not user.has_usable_password()
