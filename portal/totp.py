"""What an authenticator app shows for a key, for a demo without one; standard library only."""

import base64
import hmac
import secrets
import struct
import time

PERIOD_SECONDS, DIGITS = 30, 6


def new_key() -> str:
    """160 bits in base32, as an app takes them (RFC 4226, section 4)."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(key: str, moment: float) -> str:
    """The code for a base32 key at that moment, in seconds since 1970 (RFC 6238, SHA-1, 30 seconds, 6 digits)."""
    counter = struct.pack(">Q", int(moment) // PERIOD_SECONDS)
    digest = hmac.digest(base64.b32decode(key), counter, "sha1")
    start = digest[-1] & 0xF
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def shown_now(key: str) -> str:
    """The code of this moment, and for how long it is good."""
    now = time.time()
    return f"{code_at(key, now)}   (for {PERIOD_SECONDS - int(now) % PERIOD_SECONDS} more seconds)"
