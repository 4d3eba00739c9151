"""Runs uv within the system's limits on file size and memory, and ends it if it writes too much.

The total has to be limited as well: a wheel of some MB may unpack to any number of files.
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
from provision.packaging.growth import Growth, LimitExceeded

SECONDS: Final = 600
MOST_BYTES: Final = UNZIPPED_LIMIT
"""The limit of one file that uv writes: a few KB of a wheel may unpack to any size."""
MOST_MEMORY: Final = 2_147_483_648
"""The limit in bytes, ten times of what uv usually takes.

uv reads some files of a wheel as a whole, and several wheels at once."""
_EVERY: Final = 0.2
"""The seconds between two measurements; a slow measurement waits as long as it took."""


@dataclass(frozen=True)
class Ended:
    """The exit code of a command that ended by itself, and its stderr; -n is signal n."""

    code: int
    said: str


def run(command: Sequence[str], growth: Growth, given: Mapping[str, str]) -> Ended:
    """Run the command in the folder of `growth`, with `given` as its environment.

    Raises TooMuch, subprocess.TimeoutExpired, or OSError if it cannot be started. The process has
    then ended, and its half unpacked packages are deleted from the cache.
    """
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
        except LimitExceeded as exceeded:
            _end(process)
            error = growth.too_much(exceeded)
            growth.forget()
            raise error from exceeded
        except BaseException:
            _end(process)
            growth.forget()
            raise
    if process.returncode:  # it may have ended before it cleaned up
        growth.forget()
    return Ended(process.returncode, said)


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()


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
    """Return the bytes the process wrote, deleted files included; None if unsupported."""
    with suppress(OSError, ValueError, IndexError):
        told = Path(f"/proc/{pid}/io").read_text("ascii")
        return int(told.partition("wchar:")[2].split()[0])
    return None


def _within_limits() -> Sequence[str]:
    """Return the program that sets the limits and becomes the command; empty on Windows."""
    if sys.platform == "win32":
        return ()
    program = (sys.executable, "-I", "-S", "-B", process_limits.__file__)
    return (*program, str(MOST_BYTES), str(MOST_MEMORY), str(os.getpid()))
