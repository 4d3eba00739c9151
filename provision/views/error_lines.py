"""Puts the code of an error behind its message, so that a line of 80 columns stays readable.

It imports neither rich nor the AWS SDK: errors of the command line are shown without them.
"""

from __future__ import annotations

import os
import shutil
import sys


def with_code(code: str, first: str, *more: str) -> tuple[str, ...]:
    """Return the lines of an error on stderr with its code.

    It is behind a message of one line if the terminal has room for it there, otherwise on a line of
    its own: a code that is cut by the window's edge could not be copied.
    """
    mark = f"[{code}]"
    if more or not _has_room(first, mark):
        return first, *more, f"  {mark}"
    return (f"{first} {mark}",)


def _has_room(line: str, mark: str) -> bool:
    """Return whether the mark fits behind the line, in the last row that the line takes."""
    if sys.stderr is None or not sys.stderr.isatty():
        return True
    columns = shutil.get_terminal_size().columns
    if "COLUMNS" not in os.environ:
        try:
            columns = os.get_terminal_size(sys.stderr.fileno()).columns
        except (OSError, ValueError):
            return True
    return columns - len(line) % columns > len(mark) if columns > 0 else True
