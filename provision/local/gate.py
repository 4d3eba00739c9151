"""Who may speak to the emulator, which runs code for whoever asks: programs of this user on this
machine. A browser's pages reach the deployed API only, by the CORS it is configured with.

https://fetch.spec.whatwg.org/#origin-header and https://w3c.github.io/webappsec-fetch-metadata/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from provision.local.peers import is_another_users

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

Scope = Mapping[str, Any]


def refusal(scope: Scope, port: int) -> str:
    """Why the request is not answered; empty where it is. A header may stand there several times:
    what one of them says counts."""
    hosts = _sent(scope, b"host")
    named = [_HERE.fullmatch(host) for host in hosts]
    if not named or not all(each and int(each[1]) == port for each in named):
        return "the emulator answers by the name and port of this machine only"
    if is_another_users(scope.get("client"), scope.get("server")):
        return "the emulator answers the user who started it only"
    if _is_of_a_page(scope) and not _leads_to_an_api(hosts, scope["path"]):
        return "a web page may call the deployed API, and nothing else of the emulator"
    return ""


def _sent(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]


def _is_of_a_page(scope: Scope) -> bool:
    """Whether a browser sends it for a page: programs send neither header. `none` is a person, who
    typed the address."""
    sites = _sent(scope, b"sec-fetch-site")
    return bool(_sent(scope, b"origin")) or any(site != "none" for site in sites)


def _leads_to_an_api(hosts: Sequence[str], path: str) -> bool:
    """MiniStack looks at the host before the path, and at some paths before either."""
    forms = (form.fullmatch(path) for form in _DATA_PATHS)
    found = next((form for form in forms if form), None)
    if found is None or not all(_PLAINLY_HERE.fullmatch(host) for host in hosts):
        return False
    return not (found["rest"] or "").startswith(_CONNECTIONS)
