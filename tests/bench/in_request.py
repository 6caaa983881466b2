"""The peer of M6: a portal that signs in to Microsoft inside the request. Gunicorn serves it with two workers."""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import requests

READ_TIMEOUT = 15  # seconds, as ours


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/validate":
        url = f"{os.environ['M365_LOGIN_URL']}/contoso.example/oauth2/v2.0/token"
        form = {"grant_type": "client_credentials"}
        with suppress(requests.Timeout):
            requests.post(url, data=form, timeout=READ_TIMEOUT, verify=os.environ["M365_CA_BUNDLE"])
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"a page"]
