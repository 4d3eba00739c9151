"""Requests of hostile callers: methods, paths, headers and bodies up to AWS's own limits."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

from tests.function.gateway import KEY, METHODS, Request

FORGED = 'x","status":"200","forged":"yes'
"""Ends a field of a line that puts it between quotes, and begins others."""
BREAKS = ("\n", "\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")
"""Characters that some program reads as the end of a line."""
WHOLE_LINE = '{"level":"INFO","message":"answered","status":200,"forged":"yes"}'
TEXTS = (
    "",
    FORGED,
    FORGED + "\\",
    '"}{"status":"200"}',
    "\\",
    "$context.identity.apiKey",
    "${jndi:ldap://x}",
    "<script>",
    "' OR 1=1 --",
    "%00%0d%0aSet-Cookie:%20a=b",
    "ä€𝄞",
    "\u202e\ufeff",
    "".join(f"{each}{WHOLE_LINE}" for each in BREAKS),
    "a" * 2_049,
    "0" * 39,
    "-1",
    "1e9999",
    "NaN",
    "null",
)
NUMBERS = (
    *("0", "-0", "1", "-1", "1.5", "1e400", "1e-400", "1E+125", "1e126", "-1e-131"),
    *("1e99999999999999999999", "1e-99999999999999999999", "0.1e-5"),
    *("9" * 38, "9" * 39, "9" * 4_299, "9" * 4_301, "1" + "0" * 125, "0.12345678901234567890"),
)
HALF = '"\\ud800"'
IDS = (
    *("a", "here", "there", "nobody", ".", "..", "...", "-", "a.b~c_d-e", "%", "%2e%2e", "%2F"),
    *("a/b", "a%00b", "a%0ab", "\x7f", "ä", "𝄞", "{id}", "items", "a" * 128, "a" * 129),
    *("a" * 2_048, "a" * 2_049, "a" * 7_000, "%F0%28%8C%28", "+", " "),
)
CONTENT_TYPES = (
    *("application/json", "application/json; charset=utf-8", "text/plain", "APPLICATION/JSON"),
    *("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "*/*", "", "json"),
)
VERSIONS = ('"1"', "1", "*", 'W/"1"', '"0"', '"' + "9" * 16 + '"', '"' + "9" * 39 + '"', "a, b")


def texts() -> st.SearchStrategy[str]:
    return st.sampled_from(TEXTS) | st.text(max_size=60)


def header_texts() -> st.SearchStrategy[str]:
    """Generate header values that HTTP allows: tabs, no other control characters, non-ASCII."""
    return texts().map(
        lambda text: "".join(c for c in text if c.isprintable() or c == "\t" or not c.isascii())
    )


def json_texts() -> st.SearchStrategy[str]:
    """Generate any JSON, with rare numbers, names and lone surrogates."""
    scalars = (
        st.sampled_from((*NUMBERS, "true", "false", "null", HALF, '""'))
        | texts().map(json.dumps)
        | st.integers().map(str)
        | st.floats(allow_nan=False, allow_infinity=False).map(repr)
    )
    return st.recursive(
        scalars,
        lambda inner: (
            st.lists(inner, max_size=4).map(lambda parts: f"[{','.join(parts)}]")
            | st.lists(st.tuples(texts().map(json.dumps), inner), max_size=4).map(_object)
        ),
        max_leaves=12,
    )


def _object(members: list[tuple[str, str]]) -> str:
    return "{" + ",".join(f"{name}:{value}" for name, value in members) + "}"


def documents() -> st.SearchStrategy[str]:
    """Generate documents that the API accepts or nearly accepts."""
    names = st.sampled_from(("lamp", "n" * 200, "𝄞" * 200, FORGED)).map(json.dumps)
    taken = st.fixed_dictionaries(
        {"name": names},
        optional={
            "id": st.sampled_from(("a", "here", "there", "b" * 128)).map(json.dumps),
            "attributes": st.sampled_from(("{}", '{"a":[1,null]}') * 4 + BULKS),
            "version": st.sampled_from(("1", "2", "9" * 16)),
        },
    )
    nearly = st.fixed_dictionaries(
        {"name": names | json_texts()},
        optional={
            "id": json_texts(),
            "attributes": json_texts() | json_texts() | st.sampled_from(BULKS),
            "version": st.sampled_from(("1.0", "true", *NUMBERS)),
            "colour": json_texts(),
        },
    )
    return (taken | nearly).map(
        lambda found: _object([(json.dumps(name), value) for name, value in found.items()])
    )


BULKS = (
    '{"t":' + json.dumps('"' * 49_000) + "}",
    '{"t":"' + "𝄞" * 99_000 + '"}',
    '{"t":"' + "\\u0001" * 16_000 + '"}',
    '{"n":[' + ",".join(["1e125"] * 16_000) + "]}",
    '{"l":' + "[" * 29 + "]" * 29 + "}",
    '{"l":' + "[" * 40 + "]" * 40 + "}",
    '{"' + "k" * 70_000 + '":1}',
    "{" + ",".join(f'"{number}":0' for number in range(9_000)) + "}",
)
"""Attributes of the largest size that may be stored, or that an answer may have."""
WHOLE_BODIES = (
    *(b"", b"{", b"[]", b"null", b"\xff\xfe\x00", b"\xef\xbb\xbf{}", b"{}" * 2, b"\x00"),
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"name":"a"}' + b" " * 100_000,
    b"{" + b",".join(b'"%d":0' % number for number in range(12_000)) + b"}",
    b'{"\\ud800":1,"name":"a"}',
    b'{"name":"' + b"a" * 6_000_000 + b'"}',
    b'{"name":"' + b'\\"' * 3_100_000 + b'"}',
    b"a" * 10_485_761,
)


def bodies() -> st.SearchStrategy[bytes]:
    whole = documents().map(str.encode)
    cut = st.tuples(whole, st.integers(0, 200)).map(lambda pair: pair[0][: pair[1]])
    other = json_texts().map(lambda text: text.encode(errors="replace"))
    odd = st.sampled_from(WHOLE_BODIES)
    return st.one_of(whole, whole, whole, whole, other, cut, st.binary(max_size=80), odd)


def lines() -> st.SearchStrategy[tuple[str, str]]:
    """Generate a method, and a path and query as sent: ASCII without spaces."""
    ids = st.sampled_from(("a", "here", "there")) | st.sampled_from(IDS) | texts()
    one = ids.map(lambda item_id: f"/items/{_wired(item_id)}")
    routes = st.one_of(
        st.tuples(st.just("POST"), st.just("/items")),
        st.tuples(st.just("POST"), st.just("/items")),
        st.tuples(st.just("GET"), st.tuples(st.just("/items"), _queries()).map("".join)),
        st.tuples(st.sampled_from(("GET", "PUT", "PUT", "DELETE")), one),
        st.tuples(st.just("OPTIONS"), st.just("/items") | one),
    )
    odd = st.sampled_from(("/", "//", "/items/", "/items//a", "/Items", "/items;a=b", "/%69tems"))
    paths = one | odd | texts().map(lambda text: "/" + _wired(text))
    methods = st.sampled_from((*METHODS, "TRACE", "get", "BREW"))
    others = st.tuples(methods, st.tuples(paths, _queries()).map("".join))
    return st.one_of(routes, routes, routes, others)


def _queries() -> st.SearchStrategy[str]:
    names = st.sampled_from(("limit", "cursor", "limit[]", "x"))
    return st.lists(st.tuples(names, _query_values()), max_size=3).map(
        lambda pairs: "?" * bool(pairs) + "&".join(f"{name}={quote(text)}" for name, text in pairs)
    )


def _query_values() -> st.SearchStrategy[str]:
    cursors = (
        '{"after":"a"}',
        '{"after":"' + "a" * 128 + '"}',
        '{"after":"' + "a" * 2_049 + '"}',
        '{"after":"\\ud800"}',
        '{"after":"a","seal":"\\ud800"}',
        '{"after":7}',
        "[" * 3_000,
    )
    encoded = [base64.urlsafe_b64encode(text.encode()).decode() for text in cursors]
    return st.sampled_from(("1", "100", "101", "9" * 5_000, *encoded)) | texts()


def _wired(text: str) -> str:
    """Return the text as sent: half of the corpus is encoded already, the rest as by a client."""
    return quote(text, safe="%{}+;=,:@!$&'()*~")


def headers() -> st.SearchStrategy[tuple[tuple[str, str], ...]]:
    others = st.lists(
        st.tuples(
            st.sampled_from(
                (
                    *("User-Agent", "X-Amzn-Trace-Id", "x-amzn-RequestId", "Authorization"),
                    *("Origin", "Accept", "X-Forwarded-For", "X-HTTP-Method-Override", "Cookie"),
                )
            ),
            header_texts(),
        ),
        max_size=4,
    )
    keys = st.sampled_from((*[KEY] * 8, "a-wrong-key", FORGED, None))
    kinds = st.sampled_from(("application/json", "application/json", *CONTENT_TYPES, None))
    versions = st.none() | st.none() | st.sampled_from(VERSIONS) | header_texts()
    return st.tuples(keys, kinds, versions, others).map(_named_headers)


def _named_headers(drawn: tuple[Any, ...]) -> tuple[tuple[str, str], ...]:
    key, kind, version, others = drawn
    first = (("X-Api-Key", key), ("Content-Type", kind), ("If-Match", version))
    return (*((name, value) for name, value in first if value is not None), *others)


def requests() -> st.SearchStrategy[Request]:
    return st.builds(
        lambda line, named, body: Request(line[0], line[1], named, body),
        lines(),
        headers(),
        bodies(),
    )
