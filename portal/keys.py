"""Fresh keys for an installation; standard library only."""

import base64
import secrets


def new_keys() -> dict[str, str]:
    """One for each purpose, as the settings want them."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "LINK_SIGNING_KEYS": secrets.token_urlsafe(50),
        "SEALING_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }
