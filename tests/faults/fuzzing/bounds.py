"""Limits of time and memory for each run, and the number of runs."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Final, NoReturn

SECONDS: Final = 20
"""Seconds of the processor: far more than any run takes, and far fewer than an endless one."""
WAITING: Final = 180
"""Seconds on the clock, for a run that waits; other programs may keep the processor busy."""
BYTES: Final = 1_073_741_824
"""Bytes in addition to those that the process already has."""
FOLD: Final = int(os.environ.get("FUZZ", "1"))
"""`make fuzz` does this many times as much as the suite, with further seeds."""


class TooLong(BaseException):
    """The time is over; no code catches it."""


def seeds(few: int) -> Iterator[Random]:
    """Yield as many seeds as the suite has, the same in every run; or FOLD times as many."""
    yield from (Random(number) for number in range(few * FOLD))


@contextmanager
def bounded() -> Iterator[None]:
    """Raise `TooLong` in the main thread after the time, and MemoryError above the memory."""

    def late(*_: object) -> NoReturn:
        raise TooLong(f"more than {SECONDS} s")

    held = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    limits = resource.getrlimit(resource.RLIMIT_AS)
    before = {number: signal.signal(number, late) for number in (signal.SIGALRM, signal.SIGPROF)}
    resource.setrlimit(resource.RLIMIT_AS, (held + BYTES, limits[1]))
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    signal.alarm(WAITING)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        resource.setrlimit(resource.RLIMIT_AS, limits)
        for number, handler in before.items():
            signal.signal(number, handler)
