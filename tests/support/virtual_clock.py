"""A clock for tests: sleeping takes no time, and time only passes by sleeping."""

from __future__ import annotations

import threading

from provision.clock import Clock
from provision.errors import Interrupted


class VirtualClock(Clock):
    def __init__(self) -> None:
        super().__init__()
        self._now = 1000.0
        self._mutex = threading.Lock()
        self.slept: list[float] = []

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        if self.stopped:
            raise Interrupted("interrupted while waiting for AWS")
        with self._mutex:
            self._now += seconds
            self.slept.append(seconds)
