"""Deployed APIs get paths as they are sent; all else of the emulator gets them decoded."""

from __future__ import annotations

from typing import Any

import pytest

from provision.local.gateway_paths import as_sent


def scope(path: str, raw: bytes | None, kind: str = "http") -> dict[str, Any]:
    return {"type": kind, "path": path, "raw_path": raw, "method": "GET"}


@pytest.mark.parametrize(
    "before", ["/restapis/abc/v1/_user_request_", "/_aws/execute-api/abc/v1"], ids=["rest", "aws"]
)
def test_a_call_of_an_api_keeps_its_path_encoded(before: str) -> None:
    asked = scope(f"{before}/items/a/b c", f"{before}/items/a%2Fb%20c?x=1".encode())
    assert as_sent(asked)["path"] == f"{before}/items/a%2Fb%20c"
    assert asked["path"].endswith("a/b c"), "the server's own is not changed"


@pytest.mark.parametrize(
    "other",
    [
        scope("/2015-03-31/functions/a:b", b"/2015-03-31/functions/a%3Ab"),
        scope("/restapis/abc/stages/v 1", b"/restapis/abc/stages/v%201"),
        scope("/_aws/execute-api/abc/v1/x", None),
        scope("/_aws/execute-api/abc/v1/x y", b"/_aws/execute-api/abc/v1/x%20y", "websocket"),
    ],
)
def test_other_requests_are_as_they_were(other: dict[str, Any]) -> None:
    assert as_sent(other) is other
