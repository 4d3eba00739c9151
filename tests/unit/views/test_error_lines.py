"""The code behind an error's message: never cut by the edge of the window."""

from __future__ import annotations

import sys

import pytest

from provision.views.error_lines import with_code


def test_elsewhere_than_on_a_terminal_it_ends_the_line() -> None:
    assert with_code("locked", "Error: " + "x" * 200) == ("Error: " + "x" * 200 + " [locked]",)


def test_below_further_lines_it_has_its_own() -> None:
    assert with_code("config-invalid", "one", "two") == ("one", "two", "  [config-invalid]")


@pytest.mark.parametrize(
    ("length", "lines"),
    [(10, 1), (71, 1), (72, 2), (80, 1), (81, 1), (151, 1), (152, 2), (0, 1)],
)
def test_on_a_terminal_it_stays_whole(
    monkeypatch: pytest.MonkeyPatch, length: int, lines: int
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    told = with_code("locked", "x" * length)
    assert len(told) == lines
    assert "".join(told).endswith(" [locked]")
