"""How the slots of a worker learn that it was asked to end.

Celery's warm shutdown tells its main process alone and waits for what its slots are doing. They share a byte of memory
with it, because they are forked from it, and look at it before they begin another row.
"""

import mmap
from typing import Any

from celery.signals import worker_shutting_down

_asked = mmap.mmap(-1, 1)  # anonymous memory: the same for every process that is forked from this one


def ask(**_signal: Any) -> None:
    """Let every slot of this worker end after the row it is at."""
    _asked[0] = 1


worker_shutting_down.connect(ask)


def is_asked() -> bool:
    """Whether this worker shall begin nothing any more."""
    return _asked[0] == 1
