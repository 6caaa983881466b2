"""Several calls at the same moment, as several people or workers make them."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, BrokenBarrierError

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


def in_pairs(things, one, other, expected=()):
    """`one` and `other` called with the same thing at the same moment, for each of the things; pairs of answers.

    Two threads with a connection each go through all of them. The next thing is taken while both wait, so that it
    may be made in that moment. An exception of the `expected` types is an answer: its type.
    """
    upcoming, end, current = iter(things), object(), None

    def take_the_next():
        nonlocal current
        current = next(upcoming, end)

    start = Barrier(2, action=take_the_next, timeout=60)

    def go_through(call):
        answers = []
        try:
            while start.wait() is not None and current is not end:
                try:
                    answers.append(call(current))
                except expected as error:
                    answers.append(type(error))
        except BaseException:
            start.abort()  # the other one need not wait
            raise
        finally:
            connections.close_all()
        return answers

    with ThreadPoolExecutor(2) as threads:
        both = [threads.submit(go_through, call) for call in (one, other)]
    failures = [failure for failure in (side.exception() for side in both) if failure]
    for failure in failures:
        if not isinstance(failure, BrokenBarrierError) or len(failures) == 1:
            raise failure
    return list(zip(*[side.result() for side in both], strict=True))
