"""The catalogue of what can be wrong with a connection: one entry a cause, in words for both sides.

The category of an answer comes from HTTP status and `error`; a number only chooses a better sentence, because
Microsoft says that numbers and texts may change at any time ("Microsoft Entra authentication & authorization error
codes"). Microsoft's own text is never shown. `manage.py causes` prints the catalogue; docs/causes.md holds it.
"""

from m365.causes import nobody, reading, rotating, sign_in, values
from m365.causes.entry import Cause as Cause
from m365.causes.entry import Fault as Fault
from m365.causes.nobody import *  # noqa: F403 - the entries, as `causes.NAME`
from m365.causes.nobody import GARBLED, OUR_FAULT, OUTAGE, THROTTLED, TIMED_OUT, UNREACHABLE
from m365.causes.reading import *  # noqa: F403
from m365.causes.reading import ABOUT_PERMISSIONS as ABOUT_PERMISSIONS
from m365.causes.reading import ELSEWHERE_REGISTERED, PERMISSION_MISSING, READING_REFUSED
from m365.causes.rotating import *  # noqa: F403
from m365.causes.rotating import RENEWAL_AGAINST_POLICY, RENEWAL_NOT_PERMITTED, RENEWAL_REFUSED
from m365.causes.sign_in import *  # noqa: F403
from m365.causes.sign_in import REFUSED
from m365.causes.values import *  # noqa: F403
from m365.http import TIMED_OUT as NO_TIME_LEFT
from m365.http import Answer

OK = Cause("ok", "The Application Registration is valid", "Signed in, and everything could be read.")

# By subject, as docs/causes.md lists them.
SUBJECTS: dict[str, list[Cause]] = {
    "The three values": [cause for cause in vars(values).values() if isinstance(cause, Cause)],
    "The sign-in": [cause for cause in vars(sign_in).values() if isinstance(cause, Cause)],
    "Reading": [cause for cause in vars(reading).values() if isinstance(cause, Cause)],
    "A secret that the portal renews": [
        cause for cause in vars(rotating).values() if isinstance(cause, Cause)
    ],
    "Nobody at the customer": [cause for cause in vars(nobody).values() if isinstance(cause, Cause)],
}
CATALOGUE: dict[str, Cause] = {
    cause.name: cause for cause in (OK, *(cause for entries in SUBJECTS.values() for cause in entries))
}
_BY_CODE = {code: cause for cause in CATALOGUE.values() for code in cause.codes}
# An answer with one of these says nothing about the customer, whatever its status.
PASSING_CODES = frozenset(code for code, cause in _BY_CODE.items() if cause.passes)
_BY_ERROR = {error: cause for cause in CATALOGUE.values() for error in cause.errors}


def of_refused_sign_in(answer: Answer) -> Cause:
    """Why Entra refused, by its first known number, else by its `error`."""
    known = (_BY_CODE[code] for code in answer.codes if code in _BY_CODE)
    return next(known, None) or _BY_ERROR.get(answer.error, REFUSED)


def of_refused_reading(answer: Answer) -> Cause:
    """Why Graph let us in but not read: by its code, else by the status."""
    by_status = {403: PERMISSION_MISSING, 404: ELSEWHERE_REGISTERED, 400: OUR_FAULT}
    return _BY_ERROR.get(answer.error) or by_status.get(answer.status or 0, READING_REFUSED)


def of_refused_renewal(answer: Answer) -> Cause:
    """Why Graph did not let the portal make or remove a client secret."""
    if answer.status == 403:
        return RENEWAL_NOT_PERMITTED
    return RENEWAL_AGAINST_POLICY if answer.error in RENEWAL_AGAINST_POLICY.errors else RENEWAL_REFUSED


def of_no_answer(answer: Answer) -> Cause:
    """What was in the way when there was no usable answer."""
    if answer.error == NO_TIME_LEFT:
        return TIMED_OUT
    if answer.status is None:
        return UNREACHABLE
    known = (_BY_CODE[code] for code in answer.codes if code in _BY_CODE and _BY_CODE[code].passes)
    cause = next(known, None) or _BY_ERROR.get(answer.error)
    if cause and cause.passes:
        return cause
    if answer.status == 429:
        return THROTTLED
    return OUTAGE if answer.status >= 500 else GARBLED
