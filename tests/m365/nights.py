"""A night in a test: begun by the minute's question, worked at by the worker's own function, without its pauses."""

from django.db.models.functions import Now

from m365 import nightly
from m365.models import CheckItem, ConnectionState, NightlyRun
from m365.tasks import drain_checks, look_at_the_night


def a_night_passes():
    """The newest night's run, from its beginning to its end; None when it had ended before."""
    look_at_the_night()
    run = NightlyRun.objects.running().first()
    while run and run.finished_at is None:
        CheckItem.queue.open().update(next_try_at=Now())
        drain_checks()
        look_at_the_night()
        run.refresh_from_db()
    return run


def begun():
    """The run that is due now, with its items."""
    run = nightly.begin_if_due()
    assert run is not None
    return run


def states(run):
    """The label of each item's state, by registration."""
    items = run.items.values_list("registration_id", "state")
    return {key: None if state is None else ConnectionState(state).label for key, state in items}
