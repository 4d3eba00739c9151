"""Draws on the terminal from one thread, to which all others hand what to draw.

rich holds a lock of its own while it draws. A thread that waited for a lock of ours meanwhile could
deadlock, so there is none. The drawing thread also gives the terminal back.
"""

from __future__ import annotations

import queue
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Final, Protocol, Self

FRAME: Final = 0.1
"""Seconds between two pictures."""
PATIENCE: Final = 0.5
"""Seconds that an ending process waits for a terminal that takes no output."""


class Canvas(Protocol):
    """A picture and the place where it is drawn. Only the drawing thread draws on it."""

    def open(self) -> None:
        """Take the terminal."""

    def say(self, words: str) -> None:
        """Show a line that belongs to no node."""

    def frame(self) -> None:
        """Draw the current picture."""

    def close(self) -> None:
        """Give the terminal back as it was found."""

    @property
    def restoring(self) -> str:
        """The text that gives the terminal back if `close` never returned."""


class Drawing:
    """The drawing thread of one canvas, used as a context manager.

    Only `__exit__` and `end` wait for it.
    """

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._draw, name="drawing", daemon=True)
        self._failure: Exception | None = None
        self._drawn = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait until all is drawn and the terminal is as it was found."""
        self._work.put(None)
        try:
            self._thread.join()
        except KeyboardInterrupt:
            self._thread.join(PATIENCE)
            raise
        if self._failure and error is None:
            raise self._failure

    def do(self, work: Callable[[], None]) -> None:
        """Have `work` done by the drawing thread, after all it was given before."""
        self._work.put(work)

    def say(self, words: str) -> None:
        """Show a line that belongs to no node."""
        self._work.put(partial(self._canvas.say, words))

    def suspend(self) -> None:
        """Stop the process, as Ctrl-Z asks, after giving the terminal back to the shell."""
        self._work.put(self._stand_still)

    def end(self) -> str:
        """End the drawing now, from any thread.

        Return the text that must still be written to give the terminal back.
        """
        self._work.put(None)
        if self._thread.is_alive():
            self._thread.join(PATIENCE)
        return self._canvas.restoring if self._thread.is_alive() else ""

    @property
    def ended(self) -> bool:
        return not self._thread.is_alive()

    def _draw(self) -> None:
        """Run the drawing thread. A terminal that is gone ends the drawing, not the work."""
        try:
            self._canvas.open()
            try:
                while (work := self._next()) is not None:
                    work()
                    if time.monotonic() - self._drawn >= FRAME:
                        self._frame()
            finally:
                self._canvas.close()
        except OSError:
            pass
        except Exception as failure:  # noqa: BLE001  (raised by `__exit__`)
            self._failure = failure

    def _next(self) -> Callable[[], None] | None:
        """Return the next work, or None at the end. Draw every `FRAME` seconds meanwhile."""
        while True:
            try:
                return self._work.get(timeout=FRAME)
            except queue.Empty:
                self._frame()

    def _frame(self) -> None:
        self._drawn = time.monotonic()
        self._canvas.frame()

    def _stand_still(self) -> None:
        self._canvas.close()
        # To this thread: it would run on for a moment if another one received the signal.
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
        self._canvas.open()
