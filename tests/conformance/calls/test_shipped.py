"""config.yaml as shipped makes exactly the calls that were recorded, and no others.

An option that is not in config.yaml must not change what those do who leave it out. If a call is to
change, `.venv/bin/python -m tests.conformance.calls.record` records the list again.
"""

from __future__ import annotations

from tests.conformance.calls.record import RECORDED, counts, requests

RECORD = RECORDED.read_text("utf-8").partition("\n\n")


def test_up_sends_the_recorded_requests() -> None:
    assert list(requests()) == RECORD[0].splitlines()


def test_commands_make_the_recorded_calls() -> None:
    assert list(counts()) == RECORD[2].splitlines()
