"""Sets limits and becomes another program; run as a script by `installer_process.py`.

Limits the size of each file and the memory; on Linux the program also ends with its parent. Python
ignores the signal for a file that is too large, so the program gets an error from its write
instead. Imports only the standard library.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress
from typing import Final

_PARENT_ENDED: Final = 1  # PR_SET_PDEATHSIG


def main() -> None:
    """Set the limits and execute the command.

    Arguments: bytes of a file, bytes of memory, process id of the parent, the command.
    """
    file, memory, parent, *command = sys.argv[1:]
    _limit(int(file), int(memory))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_ENDED, signal.SIGKILL)
        if os.getppid() != int(parent):
            return
    os.execv(command[0], command)  # noqa: S606  (no shell is wanted)


def _limit(file: int, memory: int) -> None:
    import resource  # noqa: PLC0415  (Windows has none)

    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    most = file if hard < 0 else min(file, hard)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    with suppress(OSError, ValueError):  # macOS knows no limit of memory
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))


if __name__ == "__main__":
    main()
