"""The lines of a function's log, as the emulator writes them."""

from __future__ import annotations

from typing import Any

import pytest

from provision.local import function_logs


def lines(text: str) -> list[str]:
    written: list[str] = []

    def emit(_function: Any, _request: str, whole: str, *_: Any, **__: Any) -> None:
        written.extend(whole.splitlines())

    function_logs._emit(emit, {}, "request", text, False, 1)
    return written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one\ntwo\n", ["one", "two"]),
        ("one\rtwo\u2028three\n", ["one\rtwo\u2028three"]),
        ("half \ud800 of a pair\n", ["half \\ud800 of a pair"]),
    ],
)
def test_a_line_ends_at_line_feeds_and_can_be_read_by_all(text: str, expected: list[str]) -> None:
    assert lines(text) == expected
    assert "".join(lines(text)).encode().decode() == "".join(expected)
