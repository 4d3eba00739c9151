"""One process, measured from outside: seconds, processor seconds, and the most memory it held."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Measured:
    """`memory` in MiB; `cpu` includes the processes it waited for."""

    wall: float
    cpu: float
    memory: float


class CommandFailed(Exception):
    """A measured command ended badly."""


def measure(
    command: Sequence[str], *, home: Path, environment: Mapping[str, str], output: Path
) -> Measured:
    """Run it as a user would, its output in a file. Raises `CommandFailed` with its last lines."""
    with output.open("wb") as file:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=home, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        last = "\n".join(output.read_text("utf-8", "replace").splitlines()[-15:])
        raise CommandFailed(f"{' '.join(command)} ended with {process.returncode}:\n{last}")
    return Measured(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
