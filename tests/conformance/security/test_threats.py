"""docs/threats.md names an existing test for each threat."""

from __future__ import annotations

import re
from typing import Final

import pytest

from tests.unit.test_layout import ROOT

PAGE: Final = (ROOT / "docs" / "threats.md").read_text("utf-8")
ROWS: Final = [
    line for line in PAGE.splitlines() if line.startswith("| ") and "| attack |" not in line
]
NAMED: Final = sorted(set(re.findall(r"`(tests/[^`]+)`", PAGE)))


def test_every_threat_has_a_test() -> None:
    assert len(ROWS) > 20
    assert [row for row in ROWS if "`tests/" not in row.rstrip(" |").rpartition("|")[2]] == []


@pytest.mark.parametrize("named", NAMED)
def test_each_is_there(named: str) -> None:
    path, _, test = named.partition("::")
    text = (ROOT / path).read_text("utf-8")
    assert re.search(rf"^def {test}\(" if test else r"^def test_", text, re.MULTILINE)


WRITERS: Final = (
    *("config.yaml", "function", "requirements.txt", "state", "saved plan", "cache"),
    *("environment", "emulator's port", "neighbour", "callers of the API"),
)


@pytest.mark.parametrize("writer", WRITERS)
def test_nobody_who_writes_is_left_out(writer: str) -> None:
    assert any(writer in row for row in ROWS)
