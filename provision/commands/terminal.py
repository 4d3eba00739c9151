"""Knows what is drawn on the terminal, and gives the terminal back however the command ends."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provision.views.draw_thread import Drawing


def forget_typed() -> None:
    """Drop input that was typed before the question was shown.

    `y` and Return, typed in impatience, must not answer it.
    """
    if sys.stdin is None or not sys.stdin.isatty():
        return
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415  (each system has one of the two)

        while msvcrt.kbhit():
            msvcrt.getwch()
    else:
        import termios  # noqa: PLC0415

        with suppress(termios.error, OSError, ValueError):  # no real terminal
            termios.tcflush(sys.stdin, termios.TCIFLUSH)


@dataclass
class Terminal:
    """The terminal. `drawing` is what is drawn now, until the terminal is given back."""

    drawing: Drawing | None = None
    drawn_until: float = 0.0
    """When the last drawing ended, by the monotonic clock."""

    @contextmanager
    def shows(self, drawing: Drawing) -> Iterator[None]:
        """Draw meanwhile. A drawing that did not end is kept, for `fresh_line` to end."""
        self.drawing = drawing
        try:
            with drawing:
                yield
        finally:
            if drawing.ended:
                self.drawing, self.drawn_until = None, time.monotonic()

    def fresh_line(self, asked_at: float) -> str:
        """Return what to write to stderr before a farewell, so that it begins on a new line.

        A drawing that is removed takes the terminal's own `^C` with it. Without a drawing when the
        signal came, `^C` is still on the line.
        """
        if self.drawing:
            return self.drawing.end()
        seen = sys.stderr is not None and sys.stderr.isatty()
        return "\n" if self.drawn_until < asked_at and seen else ""

    def suspend(self) -> None:
        """Stop the process until the shell continues it."""
        if self.drawing and not self.drawing.ended:
            self.drawing.suspend()
        else:
            os.kill(os.getpid(), signal.SIGSTOP)
