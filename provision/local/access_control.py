"""Who may speak to the emulator, which runs code for whoever asks: programs of this user on this
machine, which sign as every AWS SDK does. Whatever else comes reaches the deployed API only, by the
CORS it is configured with.

A browser adds an Authorization header for no page without asking first
(https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names), and a page of the deployed API
itself, which may, is known by what it cannot leave out:
https://w3c.github.io/webappsec-fetch-metadata/ and https://fetch.spec.whatwg.org/#origin-header
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from provision.local.limitations import IDENTITY, STOP

_HERE: Final = re.compile(
    r"(?:127\.0\.0\.1|\[::1\]|(?:[a-z0-9-]+\.)*localhost):([0-9]{1,5})", re.IGNORECASE
)
"""Names that lead to this machine wherever they are looked up. Any other name may be a page's own,
led here by its name server (DNS rebinding)."""
_PLAINLY_HERE: Final = re.compile(r"(?:127\.0\.0\.1|\[::1\]|localhost):[0-9]{1,5}", re.IGNORECASE)
"""MiniStack chooses a service by the labels before these: a page may not choose."""
_DATA_PATHS: Final = (
    re.compile(r"/restapis/[a-z0-9]+/[A-Za-z0-9_-]+/_user_request_(?:/(?P<rest>.*))?", re.DOTALL),
    re.compile(r"/_aws/execute-api/[a-z0-9]+/[A-Za-z0-9_-]+(?:/(?P<rest>.*))?", re.DOTALL),
)
"""Where a deployed API answers, and nothing else does: the first is what we print."""
_CONNECTIONS: Final = "@connections/"
"""The control plane of an API of WebSockets, below its own address."""

_OURS: Final = (IDENTITY, STOP)
"""No service of AWS's: what we ask there ourselves is not signed."""
_SIGNED: Final = "AWS4-HMAC-SHA256 "
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html. A
signature in the query is none here: any page can lead a browser to an address."""
_OF_BROWSERS: Final = re.compile(r"origin|referer|sec-.*", re.IGNORECASE)
"""No page can keep its browser from sending all of these, nor set one that begins with `Sec-`.
`Sec-Fetch-Site: none` is a typed address, and stays so wherever a site leads on from there."""

Scope = Mapping[str, Any]


def refusal(scope: Scope, port: int) -> str:
    """Why the request is not answered; empty where it is. A header may stand there several times:
    what one of them says counts."""
    hosts = list(_sent(scope, b"host"))
    named = [_HERE.fullmatch(host) for host in hosts]
    if not named or not all(each and int(each[1]) == port for each in named):
        return "the emulator answers by the name and port of this machine only"
    if _leads_to_an_api(hosts, scope["path"]):
        return ""
    if _is_of_a_browser(scope):
        return "a web page may call the deployed API, and nothing else of the emulator"
    if scope["path"] not in _OURS and not _is_signed(scope):
        return "the emulator answers what is signed in its headers, as the AWS SDKs and CLI do it"
    return ""


def is_ambiguous(scope: Scope) -> bool:
    """Whether two headers say where the body ends: programs in between may read another request
    out of it. https://www.rfc-editor.org/rfc/rfc9112#section-6.3"""
    names = {key.lower() for key, _ in scope["headers"]}
    return {b"content-length", b"transfer-encoding"} <= names


def _sent(scope: Scope, name: bytes) -> Iterator[str]:
    return (value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name)


def _is_of_a_browser(scope: Scope) -> bool:
    return any(_OF_BROWSERS.fullmatch(key.decode("latin-1")) for key, _ in scope["headers"])


def _is_signed(scope: Scope) -> bool:
    sent = list(_sent(scope, b"authorization"))
    return bool(sent) and all(each.startswith(_SIGNED) for each in sent)


def _leads_to_an_api(hosts: Sequence[str], path: str) -> bool:
    """MiniStack looks at the host before the path, and at some paths before either."""
    forms = (form.fullmatch(path) for form in _DATA_PATHS)
    found = next((form for form in forms if form), None)
    if found is None or not all(_PLAINLY_HERE.fullmatch(host) for host in hosts):
        return False
    return not (found["rest"] or "").startswith(_CONNECTIONS)
