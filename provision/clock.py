"""Time as the program sees it: a clock whose sleeps end at once when the user asks to stop."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

from provision.errors import Interrupted


class Clock:
    """Seconds since some moment, and sleeping. Tests give a virtual one with the same face."""

    def __init__(self) -> None:
        self._stop = threading.Event()

    def now(self) -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()

    def today(self) -> datetime:
        """The date and time, as AWS dates what it makes."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait; raises `Interrupted` when asked to stop, before or meanwhile."""
        if self._stop.wait(seconds):
            raise Interrupted("interrupted while waiting for AWS")

    def stop(self) -> None:
        """Ask every wait to end. Called from the signal handler."""
        self._stop.set()

    @property
    def stopped(self) -> bool:
        return self._stop.is_set()
