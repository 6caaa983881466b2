"""Requests such as no browser sends: strategies for every part of one, from the path to the body."""

import base64
import json
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import quote, urlencode

from hypothesis import strategies as st

# What has broken one parser or another, as bytes: NUL, half a surrogate pair, dots and slashes, line ends, too much.
NASTY = [
    b"\x00",
    b"\xed\xa0\x80",
    b"\xff\xfe",
    b"..",
    b"%2e%2e%2f",
    b"/",
    b"//evil.example/",
    b"\\\\evil.example\\",
    b"https://evil.example/",
    b"https://[",
    b"javascript:alert(1)",
    b"a\r\nSet-Cookie: a=b",
    b"'\"><script>",
    b"%s%n{{7*7}}",
    b"x" * 9_000,
    b"9" * 400,
    b"-1",
    b"0001-01-01",
    "İıſ\u202e\U0001f600".encode(),
    b"00000000-0000-0000-0000-000000000000",
    b"8f2c1b7e-4a60-4d5e-9c1a-2b7d90e3f514",
    b"ida@brightwater.example",
]
# By their places: Hypothesis writes out what it samples from, and that is long here.
JUNK = st.one_of(
    st.integers(0, len(NASTY) - 1).map(NASTY.__getitem__),
    st.binary(max_size=12),
    st.text(max_size=12).map(str.encode),
)
# What stands in a header or a query as it is: web servers let no NUL and no line end through (RFC 9110, section 5.5).
LATIN = JUNK.map(lambda junk: junk.decode("latin-1").translate(dict.fromkeys(b"\x00\r\n")))
# Of a path in place of what belongs there; nothing in it divides the path but what is percent-encoded.
PART = JUNK.filter(bool).map(lambda junk: quote(junk, safe=""))
METHODS = st.sampled_from(["GET", "GET", "POST", "POST", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"])
FORM = "application/x-www-form-urlencoded"
TYPES = [
    "",
    FORM,
    f"{FORM}; charset=utf-16",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=" + "x" * 300,
    "multipart/form-data; boundary=\xe9",
    "application/json",
    "application/csp-report",
    "text/plain; charset=nonsense",
    "image/png",
]
HEADERS = {
    "HTTP_HOST": st.sampled_from(
        ["testserver"] * 7 + ["evil.example", "testserver:99999", "[::1", "a@b", "\xff"]
    ),
    "HTTP_X_FORWARDED_FOR": LATIN | st.sampled_from(["192.0.2.7", "::1%eth0", "192.0.2.7, evil", ","]),
    "HTTP_X_FORWARDED_HOST": LATIN,
    "HTTP_X_FORWARDED_PROTO": LATIN,
    "HTTP_X_REQUESTED_WITH": st.just("XMLHttpRequest"),
    "HTTP_ORIGIN": LATIN,
    "HTTP_REFERER": LATIN,
    "HTTP_AUTHORIZATION": LATIN,
    "HTTP_ACCEPT": LATIN,
    "HTTP_ACCEPT_LANGUAGE": LATIN,
    "HTTP_IF_NONE_MATCH": LATIN,
    "HTTP_IF_MODIFIED_SINCE": LATIN,
    "HTTP_RANGE": LATIN,
    "HTTP_USER_AGENT": LATIN,
    "HTTP_HX_REQUEST": st.just("true"),
    "HTTP_HX_CURRENT_URL": LATIN,
    "HTTP_HX_CURRENT_URL_URI_AUTOENCODED": st.just("true"),
}
COOKIES = ["session", "csrf", "device", "messages", "invitation-{id}", "result-{id}", "__Host-session", "x"]


@dataclass(frozen=True)
class Sent:
    """One request; parts of the path that are None stand for the living ones."""

    method: str = "GET"
    parts: tuple[str | None, ...] = (None, None)
    query: str = ""
    content: tuple[str, bytes] = (FORM, b"")
    """Content type and body."""
    headers: dict[str, str] = field(default_factory=dict)
    cookies: tuple[tuple[str, str], ...] = ()
    living: bool = True
    """Whether the cookies of somebody who may come in are sent, too."""
    strict: bool = False
    """Whether the token of a page is asked for, as in production."""


def quoted(junk):
    """A cookie's value as the quoted string of RFC 2109, in which any byte can stand; `http.cookies` reads it."""
    return '"' + "".join(f"\\{byte:03o}" for byte in junk) + '"'


def _multipart(pairs, name_of_file, kept):
    parts = [
        b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % (name, name_of_file, value)
        for name, value in pairs
    ]
    whole = b"".join(parts) + b"--b--\r\n"
    return "multipart/form-data; boundary=b", whole[: len(whole) * kept // 10]


def encoded(junk):
    """As Web Authentication writes bytes in JSON (base64url without padding)."""
    return base64.urlsafe_b64encode(junk).decode().rstrip("=")


VALUES = st.sampled_from(
    [
        None,
        True,
        0,
        -1.5,
        float("nan"),
        10**400,
        "",
        "a",
        "YQ",
        "é",
        "\x00",
        "\ud800",
        "https://[",
        [],
        {},
        [[]],
        {"a": {}},
    ]
)
CLIENT_DATA = VALUES | st.fixed_dictionaries(
    {"type": st.just("webauthn.get") | VALUES},
    optional={"challenge": VALUES | JUNK.map(encoded), "origin": VALUES, "crossOrigin": VALUES},
)
# What a browser's passkey answers (W3C Web Authentication Level 3, AuthenticationResponseJSON), whole or nearly so.
PASSKEY = st.fixed_dictionaries(
    {
        "response": VALUES
        | st.fixed_dictionaries(
            {
                "clientDataJSON": VALUES | CLIENT_DATA.map(lambda data: encoded(json.dumps(data).encode())),
                "authenticatorData": VALUES | st.binary(min_size=37, max_size=60).map(encoded),
                "signature": JUNK.map(encoded),
            },
            optional={"userHandle": VALUES | JUNK.map(encoded)},
        )
    },
    optional={
        "id": VALUES,
        "rawId": VALUES,
        "type": st.just("public-key") | VALUES,
        "clientExtensionResults": VALUES,
        "authenticatorAttachment": VALUES,
    },
)
DOCUMENTS = VALUES | PASSKEY | st.dictionaries(st.just("csp-report"), VALUES)
JSON = DOCUMENTS.map(lambda document: json.dumps(document).encode()) | st.just(b"[" * 9_000)


def bodies(fields):
    """Content type and body: a form, a form with files, JSON, or what is none of them."""
    names = st.sampled_from([name.encode() for name in fields]) if fields else JUNK
    pairs = st.lists(st.tuples(names | JUNK, JUNK | JSON), max_size=5)
    filled = st.fixed_dictionaries(dict.fromkeys(fields, JUNK)).map(lambda form: list(form.items()))
    passkey = PASSKEY.map(lambda document: [("credential", json.dumps(document))])
    forms = st.one_of(pairs, filled, *[passkey] * 2 * ("credential" in fields))
    files = st.sampled_from([b"", b'; filename="a\x00.png"', b"; filename*=utf-99''%ff"])
    return st.one_of(
        forms.map(lambda form: (FORM, urlencode(form).encode())),
        st.builds(_multipart, pairs, files, st.integers(1, 10)),
        st.tuples(st.sampled_from(TYPES), JSON | st.binary(max_size=60)),
        JUNK.map(lambda junk: (FORM, b"&=%" + junk)),
    )


@cache
def requests(fields):
    """Any request to a page whose form has these fields."""
    cookie = st.tuples(st.sampled_from(COOKIES), LATIN | JUNK.map(quoted))
    asked = st.lists(st.tuples(st.sampled_from(["next", "earlier", "watching"]) | JUNK, JUNK), max_size=2)
    part = st.none() | st.none() | PART
    return st.builds(
        Sent,
        method=METHODS,
        parts=st.tuples(part, part),
        query=asked.map(urlencode) | LATIN,
        content=bodies(fields),
        headers=st.lists(st.sampled_from(sorted(HEADERS)), max_size=3, unique=True).flatmap(
            lambda names: st.fixed_dictionaries({name: HEADERS[name] for name in names})
        ),
        cookies=st.lists(cookie, max_size=2).map(tuple),
        living=st.booleans(),
        strict=st.sampled_from([False] * 5 + [True]),
    )
