"""Redraws the lines at the end of a terminal, below all that was printed."""

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
"""Signs of the spinner per second."""


class Region:
    """The redrawn lines at the end of a terminal.

    Nothing is drawn without a terminal, on one that cannot move its cursor (TERM=dumb), or while
    another job has the terminal: a background job only prints.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None

    @property
    def live(self) -> bool:
        return self._live is not None

    @property
    def size(self) -> tuple[int, int]:
        """The current columns and lines."""
        width, height = self._console.size
        return width, height

    def open(self) -> None:
        if self._console.is_interactive and in_foreground(self._console.file):
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()

    def print(self, text: Text) -> None:
        """Print a line above the region, where it stays."""
        self._console.print(text, soft_wrap=True)

    def draw(self, lines: Sequence[Text]) -> None:
        """Draw these lines in place of those drawn before.

        None is wrapped: a line that the terminal wrapped would take more rows than the next picture
        erases.
        """
        if self._live:
            width, _ = self.size
            for line in lines:
                line.no_wrap = True
                line.truncate(max(1, width - MARGIN), overflow="ellipsis")
            self._live.update(Group(*lines), refresh=True)

    def close(self) -> None:
        """Remove the region. The cursor is then where the region began."""
        if self._live:
            live, self._live = self._live, None
            live.update(Group())
            live.stop()

    @property
    def restoring(self) -> str:
        """The text that shows the cursor, below what is drawn, if `close` never returned."""
        return f"{SHOW_CURSOR}\r\n" if self._live else ""


def in_foreground(file: IO[str]) -> bool:
    """Return whether this process may draw on the terminal of `file`.

    A terminal of another session has no foreground, so the answer is True.
    """
    try:
        return os.tcgetpgrp(file.fileno()) == os.getpgrp()
    except (OSError, ValueError, AttributeError):  # AttributeError: no job control on Windows
        return True


def spinner(at: float) -> str:
    """Return the sign of the spinner at a time."""
    return _SPINNER[int(at * _TURNS) % len(_SPINNER)]
