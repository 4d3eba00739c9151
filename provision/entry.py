"""The entry point. Ctrl-C shows no traceback, not even before there is anything to interrupt."""

from __future__ import annotations

import os
import signal
from types import FrameType

INTERRUPTED = 130
"""As in `errors.Interrupted`, which is not imported yet."""


def main() -> None:
    """The command line, once it is imported. It has signal handlers of its own meanwhile."""
    signal.signal(signal.SIGINT, _leave)
    from provision.cli import main as command_line  # noqa: PLC0415  (this is what takes long)

    command_line()


def _leave(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  (a handler's form)
    """Nothing has begun yet, or all has ended."""
    os.write(2, b"\nInterrupted.\n")
    os._exit(INTERRUPTED)
