"""Gives the emulator's APIs the paths of requests as they are sent, as API Gateway does (A41).

MiniStack would decode them: `%2F` would be a slash, and a function's `pathParameters` decoded.
"""

from __future__ import annotations

import re
from typing import Any, Final

_CALLS: Final = re.compile(r"(?:/restapis/[^/]+/[^/]+/_user_request_|/_aws/execute-api/[^/]+)/")


def as_sent(scope: dict[str, Any]) -> dict[str, Any]:
    """Return the scope of an ASGI request; of one to a deployed API with the path undecoded."""
    raw = scope.get("raw_path")
    if scope["type"] != "http" or not raw or not _CALLS.match(scope["path"]):
        return scope
    return {**scope, "path": raw.decode("ascii", "replace").partition("?")[0]}
