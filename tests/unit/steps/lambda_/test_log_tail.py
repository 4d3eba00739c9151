"""The end of a log: whether it is all of it, and no rest of a line."""

from __future__ import annotations

import base64

import pytest

from provision.steps.lambda_.log_tail import LogTail, log_tail

REPORT = "REPORT RequestId: 7f1c\tDuration: 36.62 ms"


def tail(text: str, most: int = 4096) -> LogTail:
    return log_tail({"LogResult": base64.b64encode(text.encode()[-most:]).decode()})


def test_a_short_log_is_whole_however_it_begins() -> None:
    assert log_tail({}) == LogTail()
    assert tail("") == LogTail()
    assert tail("loading\nSTART\nhello\n") == LogTail(("loading", "START", "hello"))


@pytest.mark.parametrize(
    "first",
    [
        "START RequestId: 7f1c Version: 8",
        "INIT_START Runtime Version: python:3.13.v1",
        '{"time":"2026-12-01T16:00:00Z","type":"platform.start","record":{}}',
        '{"time":"2026-12-01T16:00:00Z","type":"platform.initStart","record":{}}',
    ],
)
def test_a_log_that_begins_with_its_start_is_whole(first: str) -> None:
    lines = (first, "x" * (4096 - len(first) - len(REPORT) - 2), REPORT)
    assert len("\n".join(lines)) == 4096
    assert tail("\n".join(lines)) == LogTail(lines)


@pytest.mark.parametrize("most", [4093, 4096, 5000])
def test_a_log_that_was_cut_has_no_rest_of_a_line(most: int) -> None:
    text = "".join(["START RequestId: 7f1c\n", *(f"line {n}\n" for n in range(900)), REPORT])
    found = tail(text, most)
    assert found.truncated
    assert found.lines[-1] == REPORT
    assert set(found.lines[:-1]) <= set(text.splitlines())


def test_a_character_that_was_cut_is_left_out() -> None:
    found = tail("START\n" + "é" * 4000 + f"\n{REPORT}")
    assert found == LogTail((REPORT,), truncated=True)


def test_only_one_line_that_was_cut() -> None:
    assert tail("x" * 5000) == LogTail((), truncated=True)
