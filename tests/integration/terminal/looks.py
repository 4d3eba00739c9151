"""Sizes and kinds of terminals, and the checks of each: how it must be left."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

import pytest

from tests.integration.terminal.terminal import Size, Terminal

SWEEP: Final = "TERMINAL_SWEEP" in os.environ
"""`make terminal-sweep` tries every size with every kind; the suite those that a test names."""
SIZES: Final = (Size(80, 24), Size(160, 50), Size(40, 12))
KINDS: Final[Mapping[str, Mapping[str, str]]] = {
    "colour": {},
    "dumb": {"TERM": "dumb"},
    "nocolor": {"NO_COLOR": "1"},
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
}
SPINNER: Final = re.compile("[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]")
COUNT: Final = re.compile(r"\d+ of \d+ done")
_DONE: Final = re.compile(r"created(network\.vpc|table\.items|api\.stage)\d")
_LACKING: Final = re.compile(rb"(?<!this)(?<!\x1b\[)\?(?!region=)")
"""Replacements for characters that an encoding lacks, but no questions, escapes or addresses."""
_STYLES: Final = re.compile(rb"\x1b\[([0-9;]*)m")
_COLOURS: Final = frozenset(range(30, 50)) | frozenset(range(90, 108))


@dataclass(frozen=True)
class Look:
    """A terminal's window and capabilities."""

    size: Size
    kind: str

    def __str__(self) -> str:
        return f"{self.size}-{self.kind}"

    @property
    def live(self) -> bool:
        """Return whether it can move its cursor."""
        return self.kind != "dumb"

    @property
    def variables(self) -> dict[str, str]:
        return {"TERM": "xterm-256color", **KINDS[self.kind]}


EVERY: Final = [Look(size, kind) for size, kind in product(SIZES, KINDS)]


def looks(*names: str) -> pytest.MarkDecorator:
    """Return a decorator for these, written as `80x24-colour`, or for all in the sweep."""
    known = {str(look): look for look in EVERY}
    chosen = EVERY if SWEEP else [known[name] for name in names]
    return pytest.mark.parametrize("look", chosen, ids=str)


def check(terminal: Terminal, look: Look) -> None:
    """Assert that the terminal is restored, and that redrawn lines are erased."""
    assert not terminal.changed, terminal.changed
    assert "Traceback" not in terminal.text
    assert not SPINNER.search(terminal.text), terminal.text
    assert not COUNT.search(terminal.text), terminal.text
    done = _DONE.findall("".join(terminal.text.split()))
    assert len(done) == len(set(done)), "a line is there twice"
    if look.kind == "dumb":
        assert b"\x1b" not in terminal.written
    if look.kind == "nocolor":
        styles = b";".join(_STYLES.findall(terminal.written)).split(b";")
        assert not _COLOURS & {int(style) for style in styles if style}
    if look.kind == "cp1252":
        terminal.written.decode("cp1252")
        assert not _LACKING.search(terminal.written)
