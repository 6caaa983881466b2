"""Places at which a fault test stops this process, to kill it or to let it go on; in production they do nothing.

A test starts a process with FAILPOINTS="mail.before_dot" (several are separated by commas). Each of them stops the
process, as SIGSTOP does, the first time it gets there. The test sees that it is stopped, and sends SIGKILL or SIGCONT.
"""

import os
import signal
import threading

from django.conf import settings

_armed = set(os.environ.get("FAILPOINTS", "").split(",")) if settings.PORTAL_MODE == "test" else set()


def failpoint(name: str) -> None:
    """Stop here if a test asked for it."""
    if name in _armed:
        _armed.discard(name)
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
