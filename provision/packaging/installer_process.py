"""Runs uv within limits that a system has of a file and of memory, and ends it where all files
together are too much: a wheel of some MB may unpack to any number of files.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from provision.packaging import process_limits
from provision.packaging.folder import UNZIPPED_LIMIT
from provision.packaging.growth import Growth

SECONDS: Final = 600
MOST_BYTES: Final = UNZIPPED_LIMIT
"""Of a file that uv writes: a wheel may hold some KB that unpack to any size."""
MOST_MEMORY: Final = 2_147_483_648
"""Bytes. It takes a tenth of that; but reads some files of a wheel whole, several wheels at once.
"""
_EVERY: Final = 0.2
"""Seconds between two looks, or as many as a look takes."""


@dataclass(frozen=True)
class Ended:
    """How it ended by itself: negative, by which signal. `said` is what it wrote as errors."""

    code: int
    said: str


def run(command: Sequence[str], growth: Growth, given: Mapping[str, str]) -> Ended:
    """In the folder that grows. Raises TooMuch, subprocess.TimeoutExpired, and OSError where it
    cannot be started; then it has ended, and what it left half done in its cache is deleted."""
    with subprocess.Popen(
        [*_within_limits(), *command],
        cwd=growth.folder,
        env=given,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    ) as process:
        try:
            said = _said_until_its_end(process, growth)
        except BaseException:
            process.kill()
            process.wait()
            growth.forget()
            raise
    if process.returncode:  # it may not have come to deleting it
        growth.forget()
    return Ended(process.returncode, said)


def _said_until_its_end(process: subprocess.Popen[str], growth: Growth) -> str:
    until = time.monotonic() + SECONDS
    pause = _EVERY
    written: int | None = None
    said: str | None = None
    while said is None:
        try:
            _, said = process.communicate(timeout=min(pause, max(until - time.monotonic(), 0)))
        except subprocess.TimeoutExpired:
            if time.monotonic() >= until:
                raise
            written = _written_by(process.pid) or written
        began = time.monotonic()
        growth.check(written)
        pause = max(_EVERY, time.monotonic() - began)
    return said


def _written_by(pid: int) -> int | None:
    """Bytes of all its files, also of those that nobody sees; None where no system tells it."""
    with suppress(OSError, ValueError, IndexError):
        told = Path(f"/proc/{pid}/io").read_text("ascii")
        return int(told.partition("wchar:")[2].split()[0])
    return None


def _within_limits() -> Sequence[str]:
    """What begins the command, where the system has such limits."""
    if sys.platform == "win32":
        return ()
    program = (sys.executable, "-I", "-S", "-B", process_limits.__file__)
    return (*program, str(MOST_BYTES), str(MOST_MEMORY), str(os.getpid()))
