"""What a command draws on the terminal, and how the terminal is given back whatever ends it."""

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
    """Drop what was typed before a question was there to be answered: `y` and Return, typed in a
    moment of impatience, are no answer to it."""
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
    """`drawing`: what is drawn now, until the terminal is given back."""

    drawing: Drawing | None = None
    drawn_until: float = 0.0
    """By the monotonic clock."""

    @contextmanager
    def shows(self, drawing: Drawing) -> Iterator[None]:
        """Meanwhile this is drawn. A drawing that did not end stays known, for a farewell."""
        self.drawing = drawing
        try:
            with drawing:
                yield
        finally:
            if drawing.ended:
                self.drawing, self.drawn_until = None, time.monotonic()

    def fresh_line(self, asked_at: float) -> str:
        """What has to be written to stderr before a farewell, so that it begins a line. What was
        drawn when the signal came is taken away, and the terminal's own `^C` with it; without a
        drawing that is still there.
        """
        if self.drawing:
            return self.drawing.end()
        seen = sys.stderr is not None and sys.stderr.isatty()
        return "\n" if self.drawn_until < asked_at and seen else ""

    def suspend(self) -> None:
        """Stand still until the shell lets the process go on."""
        if self.drawing and not self.drawing.ended:
            self.drawing.suspend()
        else:
            os.kill(os.getpid(), signal.SIGSTOP)
