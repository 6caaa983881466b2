"""`python -m portal.probe`: whether this container's web process answers /readyz; exit code 0 or 1.

For health checks of containers, which have no curl; standard library only, so that asking costs little.
"""

import http.client
import os
import sys
from urllib.parse import urlsplit

SECONDS = 4


def ready(port: int, host: str) -> bool:
    """Whether it answers in time, to visitors of `host`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", "/readyz", headers={"Host": host})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not ready(int(os.environ.get("PORT", "8000")), urlsplit(os.environ["PUBLIC_URL"]).netloc))
