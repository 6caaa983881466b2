"""What a list's search field asks for."""

from django.http import HttpRequest

from services import names

LONGEST_SEARCH = 200


def asked_for(request: HttpRequest) -> str:
    """The text of `q`, in the form names are stored in; PostgreSQL has no text with a NUL."""
    return names.normal(request.GET.get("q", "").replace("\0", "").strip()[:LONGEST_SEARCH])
