"""The lines at the end of a terminal that are drawn again and again, below all that was printed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import IO, Final

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

SHOW_CURSOR: Final = "\x1b[?25h"
MARGIN: Final = 4
"""Free columns at the end of the last line: the terminal itself writes `^C` there."""
_SPINNER: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_TURNS: Final = 10
"""Signs of a spinner a second."""


class Region:
    """Nothing where there is no terminal, where it cannot move its cursor (TERM=dumb), and while
    somebody else has it: a job in the background only prints."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None

    @property
    def live(self) -> bool:
        return self._live is not None

    @property
    def size(self) -> tuple[int, int]:
        """Columns and lines, as they are now."""
        width, height = self._console.size
        return width, height

    def open(self) -> None:
        if self._console.is_interactive and in_foreground(self._console.file):
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()

    def print(self, text: Text) -> None:
        """A line above the region, for good."""
        self._console.print(text, soft_wrap=True)

    def draw(self, lines: Sequence[Text]) -> None:
        """These in the place of those drawn before. None is wrapped: a terminal that wrapped one
        would have more lines than the next picture takes away."""
        if self._live:
            width, _ = self.size
            for line in lines:
                line.no_wrap = True
                line.truncate(max(1, width - MARGIN), overflow="ellipsis")
            self._live.update(Group(*lines), refresh=True)

    def close(self) -> None:
        """Take the region away; the cursor stands where it began."""
        if self._live:
            live, self._live = self._live, None
            live.update(Group())
            live.stop()

    @property
    def restoring(self) -> str:
        """What shows the cursor, below what is drawn, where `close` never returned."""
        return f"{SHOW_CURSOR}\r\n" if self._live else ""


def in_foreground(file: IO[str]) -> bool:
    """Whether the terminal that is written to is ours to draw on. What is no terminal of this
    session has no foreground."""
    try:
        return os.tcgetpgrp(file.fileno()) == os.getpgrp()
    except (OSError, ValueError, AttributeError):  # AttributeError: Windows has no such jobs
        return True


def spinner(at: float) -> str:
    """The sign that turns while there is something to wait for."""
    return _SPINNER[int(at * _TURNS) % len(_SPINNER)]
