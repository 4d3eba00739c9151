"""Decides which requests the emulator answers; it runs code, so it must not answer everyone.

Programs of this user on this machine that sign their requests, as every AWS SDK does, may use all
of it. Any other client reaches only the deployed API, under the CORS configured for it.

A browser sends an Authorization header for a page only after a preflight request
(https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names). A page of the deployed API itself
needs none, and is recognized by headers that it cannot leave out:
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
"""Host names that always resolve to this machine. Any other name may belong to a web page whose
name server points it here (DNS rebinding)."""
_PLAINLY_HERE: Final = re.compile(r"(?:127\.0\.0\.1|\[::1\]|localhost):[0-9]{1,5}", re.IGNORECASE)
"""Hosts without further labels: MiniStack selects a service by them, which a page must not do."""
_DATA_PATHS: Final = (
    re.compile(r"/restapis/[a-z0-9]+/[A-Za-z0-9_-]+/_user_request_(?:/(?P<rest>.*))?", re.DOTALL),
    re.compile(r"/_aws/execute-api/[a-z0-9]+/[A-Za-z0-9_-]+(?:/(?P<rest>.*))?", re.DOTALL),
)
"""Paths where a deployed API answers and nothing else does; the first form is the printed one."""
_CONNECTIONS: Final = "@connections/"
"""The control plane of a WebSocket API, which is below the API's own address."""

_OURS: Final = (IDENTITY, STOP)
"""Paths of our own endpoints, which belong to no AWS service; requests to them are not signed."""
_SIGNED: Final = "AWS4-HMAC-SHA256 "
"""The beginning of a signed Authorization header. A signature in the query does not count, because
any page can send a browser to a URL.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html."""
_OF_BROWSERS: Final = re.compile(r"origin|referer|sec-.*", re.IGNORECASE)
"""Headers of browsers. No page can prevent all of them, nor set one that begins with `Sec-`.
`Sec-Fetch-Site: none` means a typed address, and stays `none` when a site redirects from there."""

Scope = Mapping[str, Any]


def refusal(scope: Scope, port: int) -> str:
    """Return why the request is refused, or "" if it is answered.

    A header may be repeated; one bad value is enough to refuse the request.
    """
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
    """Return whether two headers say where the body ends, which allows request smuggling.

    https://www.rfc-editor.org/rfc/rfc9112#section-6.3
    """
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
    """Return whether MiniStack passes the request to a deployed API.

    MiniStack routes by some special paths first, then by host, then by path; so both are checked.
    """
    forms = (form.fullmatch(path) for form in _DATA_PATHS)
    found = next((form for form in forms if form), None)
    if found is None or not all(_PLAINLY_HERE.fullmatch(host) for host in hosts):
        return False
    return not (found["rest"] or "").startswith(_CONNECTIONS)
