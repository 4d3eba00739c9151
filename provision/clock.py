"""Time, and sleeps that end at once when the user asks to stop."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

from provision.errors import Interrupted


class Clock:
    """A monotonic clock with interruptible sleeps. Tests use a virtual one with this interface."""

    def __init__(self) -> None:
        self._stop = threading.Event()

    def now(self) -> float:
        """Return seconds on a clock that never goes back."""
        return time.monotonic()

    def today(self) -> datetime:
        """Return the date and time in UTC, comparable with the dates that AWS returns."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait. Raise `Interrupted` if `stop` was called before or is called meanwhile."""
        if self._stop.wait(seconds):
            raise Interrupted("interrupted while waiting for AWS")

    def stop(self) -> None:
        """End every current and later wait. Called from the signal handler."""
        self._stop.set()

    @property
    def stopped(self) -> bool:
        return self._stop.is_set()
