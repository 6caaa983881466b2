"""A validation as stations on a line, the same for every page that shows one."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from m365.models import Validation
from m365.validation import STEPS

# What a step says while it is not done: ahead, in work, or failed.
UNDONE = {
    "shape": "Checking the shape of the three values",
    "organisation": "Finding the organisation",
    "sign_in": "Signing in",
    "tenant": "Comparing the tenant",
    "permissions": "Comparing permissions",
    "details": "Reading the organisation",
    "application": "Reading the application",
    "credential": "Looking up which secret is in use",
    "expiry": "Looking up the end of the secret",
}
# A worker answers within a second or two; after this long the page says that none does.
PATIENCE = timedelta(seconds=10)


def stations(validation: Validation) -> list[dict[str, Any]]:
    """Finished steps with their state and duration, the one in work, and what lies ahead while it runs."""
    done = {step["name"]: step for step in validation.steps}
    line: list[dict[str, Any]] = []
    for name, title in STEPS.items():
        if name in done:
            told = title if done[name]["state"] in ("ok", "warn") else UNDONE[name]
            line.append({"title": told, **_finished(done[name])})
        elif validation.running:
            # After a step that Microsoft did not answer comes that step again, not the next one.
            ahead = any(station["state"] in ("run", "wait") for station in line)
            state = "todo" if ahead else "run"
            line.append({"title": UNDONE[name], "state": state, "note": "", "duration": ""})
    return line


def _finished(step: dict[str, Any]) -> dict[str, Any]:
    return {"state": step["state"], "note": step["note"], "duration": f"{step['ms'] / 1000:.2f} s"}


def no_worker_answers(validation: Validation) -> bool:
    """Whether it has waited for its first worker longer than anybody should."""
    unclaimed = validation.running and validation.attempts == 0
    return unclaimed and timezone.now() - validation.created_at > PATIENCE


def tries_again(validation: Validation) -> bool:
    """Whether Microsoft could not be reached and the worker will try once more."""
    return validation.running and validation.unanswered > 0
