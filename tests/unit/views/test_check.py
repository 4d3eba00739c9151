"""Checks on the screen: whole words at every width, and which subject is as described."""

from __future__ import annotations

import io
from collections.abc import Iterable

import pytest
from rich.console import Console

from provision.views.check import _print_check
from provision.views.console import wrapped
from provision.workflows.checks.verdict import CheckOutcome, passed


def shown(check: str, found: Iterable[tuple[str, str]], width: int = 80) -> list[str]:
    """Return the lines about passed checks of one kind, each of a subject with what it has."""
    screen = io.StringIO()
    console = Console(file=screen, width=width, force_terminal=True, no_color=True)
    outcomes = [CheckOutcome(check, subject, passed(have), 0.0) for subject, have in found]
    _print_check(console, check, outcomes)
    return screen.getvalue().splitlines()


def test_what_differs_is_told_with_its_subject() -> None:
    found = [
        ("loans", "2 retries, 3600 s"),
        ("mail", "0 retries, 60 s"),
        ("x", "2 retries, 3600 s"),
    ]
    (line, more) = shown("dead-letters", found)
    assert line.endswith("3 functions   loans, x: 2 retries, 3600 s; mail: 0 retries,")
    assert more.split() == ["60", "s"]
    (same,) = shown("dead-letters", [("a", "1 retry"), ("b", "1 retry")])
    assert same.endswith("2 functions   1 retry")


def test_a_line_that_is_too_long_continues_below_itself() -> None:
    words = "403 without a key, apiKeyRequired in the deployment, 403 without it in the answer"
    lines = shown("key-missing", [("GET /items", words)])
    assert max(map(len, lines)) <= 80
    assert "…" not in "".join(lines)
    assert " ".join(" ".join(lines).split()).endswith(words)
    assert lines[1].startswith(" " * lines[0].index("403"))


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 5, [""]),
        ("a b", 5, ["a b"]),
        ("aa bb cc", 5, ["aa bb", "cc"]),
        ("provision down --destroy", 10, ["provision", "down", "--destroy"]),
        ("x  y", 80, ["x  y"]),
        ("averylongword b", 4, ["averylongword", "b"]),
    ],
)
def test_text_is_broken_at_blanks_only(text: str, width: int, lines: list[str]) -> None:
    assert wrapped(text, width) == lines
