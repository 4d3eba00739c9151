"""Says with which Python the emulator runs functions, if config.yaml names another one."""

from __future__ import annotations

import sys
from collections.abc import Iterable


def other_python_words(runtimes: Iterable[str]) -> str:
    """Return a sentence about runtimes that are not this Python's; empty if there is none.

    The emulator runs every function with the Python that runs the emulator itself.
    """
    major, minor = sys.version_info[:2]
    others = sorted({runtime for runtime in runtimes if runtime != f"python{major}.{minor}"})
    if not others:
        return ""
    return (
        f"The emulator runs functions with Python {major}.{minor}, and AWS with the runtime of"
        f" config.yaml, {' and '.join(others)}: code for one may fail on the other."
    )
