"""What the apps above change when a candidate for one of their purposes is settled.

All of it is called inside the settling transaction, with the registration locked, and touches the database only.
"""

from collections.abc import Callable
from dataclasses import dataclass

from m365.models import Validation
from portal.core.actors import Actor

Answer = Callable[[Validation], bool]


def _yes(validation: Validation) -> bool:
    return True


def _nothing_follows(validation: Validation) -> None:
    """Most purposes keep no account of refusals."""


def _nothing_ends(validation: Validation, actor: Actor) -> None:
    """Nor is there anything above that a rejected tenant ends."""


@dataclass(frozen=True)
class Receiver:
    accept: Answer = _yes
    held: Answer = _yes
    confirmed: Callable[[Validation, Actor], bool] = lambda validation, actor: True
    rejected: Callable[[Validation, Actor], None] = _nothing_ends
    refused: Callable[[Validation], None] = _nothing_follows


_receivers: dict[str, Receiver] = {}


def register(
    purpose: str,
    accept: Answer,
    *,
    held: Answer | None = None,
    confirmed: Callable[[Validation, Actor], bool] | None = None,
    rejected: Callable[[Validation, Actor], None] = _nothing_ends,
    refused: Callable[[Validation], None] = _nothing_follows,
) -> None:
    """Say what follows, above, for this purpose.

    `accept`: its values work and are put in use; `held`: they work, but an operator must confirm the tenant (without
    it, `accept` is asked). False from either refuses: the candidate is wiped. `confirmed` and `rejected`: what that
    operator decided (without `confirmed`, `accept` is asked again). `refused`: Entra refused values of the customer's.
    """
    _receivers[purpose] = Receiver(
        accept,
        held or accept,
        confirmed or (lambda validation, actor: accept(validation)),
        rejected,
        refused,
    )


def receiver(validation: Validation) -> Receiver:
    return _receivers.get(validation.purpose, Receiver())
