"""The entry point, and `python -m provision`. Ctrl-C shows no traceback, not even before there is
anything to interrupt.

Python puts the folder in which it is typed before all others that modules come from. There may be
a checkout with a `boto3.py` of its own, so it is taken away before anything else is imported.
"""

from __future__ import annotations

import os
import sys

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
_HERE = os.getcwd()  # noqa: PTH109
if not sys.flags.safe_path and _HERE != _OURS and sys.path[:1] in ([""], [_HERE]):
    del sys.path[0]

import signal  # noqa: E402
from types import FrameType  # noqa: E402

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


if __name__ == "__main__":
    main()
