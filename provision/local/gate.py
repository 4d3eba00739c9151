"""Who may speak to the emulator, which runs code for whoever asks: programs of this user on this
machine. A browser's pages reach the deployed API only, by the CORS it is configured with.

https://fetch.spec.whatwg.org/#origin-header and https://w3c.github.io/webappsec-fetch-metadata/
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

_HERE: Final = re.compile(
    r"(?:127\.0\.0\.1|\[::1\]|(?:[a-z0-9-]+\.)*localhost):(\d+)", re.IGNORECASE
)
"""Names that lead to this machine wherever they are looked up. Any other name may be a page's own,
led here by its name server (DNS rebinding)."""
_DATA_PATHS: Final = (
    re.compile(r"/restapis/[^/]+/[^/]+/_user_request_(?:/|$)"),
    re.compile(r"/_aws/execute-api/[^/]+/[^/]+(?:/|$)"),
)
"""Where a deployed API answers."""
_DATA_HOST: Final = re.compile(r"[a-z0-9]+\.execute-api\.", re.IGNORECASE)
_TABLES: Final = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))

Scope = Mapping[str, Any]


def refusal(scope: Scope, port: int) -> str:
    """Why the request is not answered; empty where it is."""
    sent = ((key.decode("latin-1"), value.decode("latin-1")) for key, value in scope["headers"])
    headers = {key.lower(): value for key, value in sent}
    host = headers.get("host", "")
    named = _HERE.fullmatch(host)
    if named is None or int(named[1]) != port:
        return "the emulator answers by the name and port of this machine only"
    if _is_strangers(scope.get("client")):
        return "the emulator answers the user who started it only"
    if _is_of_a_page(headers) and not _leads_to_an_api(host, scope["path"]):
        return "a web page may call the deployed API, and nothing else of the emulator"
    return ""


def _is_of_a_page(headers: Mapping[str, str]) -> bool:
    """Whether a browser sends it for a page: programs send neither header. `none` is a person, who
    typed the address."""
    return "origin" in headers or headers.get("sec-fetch-site", "none") != "none"


def _leads_to_an_api(host: str, path: str) -> bool:
    return bool(_DATA_HOST.match(host)) or any(form.match(path) for form in _DATA_PATHS)


def _is_strangers(client: tuple[str, int] | None) -> bool:
    """Whether another user of this machine is at the other end; unknown where there is no /proc."""
    if client is None or not hasattr(os, "getuid"):
        return False
    return _user_at(client[1]) not in {None, 0, os.getuid()}


def _user_at(port: int) -> int | None:
    """The user whose socket has this local port and is connected: the other end of ours."""
    for table in _TABLES:
        try:
            lines = table.read_text("utf-8").splitlines()[1:]
        except OSError:
            continue
        for fields in (line.split() for line in lines):
            if int(fields[1].rpartition(":")[2], 16) == port and fields[3] == "01":
                return int(fields[7])
    return None
