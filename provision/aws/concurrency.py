"""Reads of one step that need not wait for each other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

AT_ONCE: Final = 8


def read_pool() -> ThreadPoolExecutor:
    """`with together() as pool:` ends when all that it was given has ended."""
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="read")
