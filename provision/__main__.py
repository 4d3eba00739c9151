"""Entry point of the program and of `python -m provision`; Ctrl-C never shows a traceback.

`python -m` puts the working directory first in `sys.path`. A checkout may contain its own
`boto3.py`, so that entry is removed before any other import.
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
"""The exit code of `errors.Interrupted`, which is not imported yet."""


def main() -> None:
    """Run the command line, which installs its own signal handlers while it runs."""
    signal.signal(signal.SIGINT, _leave)
    from provision.cli import main as command_line  # noqa: PLC0415  (this import is the slow part)

    command_line()


def _leave(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  (handler signature)
    """Exit at once: no work has begun yet, or all work has ended."""
    os.write(2, b"\nInterrupted.\n")
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
