"""Each run in its time and memory; how many there are."""

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
"""Far above what any run takes on a busy machine, far below for ever."""
BYTES: Final = 1_073_741_824
"""On top of what the process has."""
FOLD: Final = int(os.environ.get("FUZZ", "1"))
"""`make fuzz` does this many times as much as the suite, with other seeds after the suite's."""


class TooLong(BaseException):
    """Nothing catches it."""


def seeds(few: int) -> Iterator[Random]:
    """As many as the suite has, each the same in every run; or FOLD times as many."""
    yield from (Random(number) for number in range(few * FOLD))


@contextmanager
def bounded() -> Iterator[None]:
    """Raises `TooLong` in the main thread when the time is over; memory ends as MemoryError."""

    def late(*_: object) -> NoReturn:
        raise TooLong(f"more than {SECONDS} s")

    held = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    limits = resource.getrlimit(resource.RLIMIT_AS)
    before = signal.signal(signal.SIGALRM, late)
    resource.setrlimit(resource.RLIMIT_AS, (held + BYTES, limits[1]))
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        resource.setrlimit(resource.RLIMIT_AS, limits)
        signal.signal(signal.SIGALRM, before)
