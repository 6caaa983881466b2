"""Several calls at the same moment, as several people or workers make them."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connections


def at_once(*calls, expected=()):
    """Start the calls together, each in a thread with database connections of its own; their answers, in order.

    An exception of the `expected` types is an answer, too: its type.
    """
    barrier = Barrier(len(calls))

    def one(call):
        barrier.wait(timeout=10)
        try:
            return call()
        except expected as error:
            return type(error)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(one, calls))
