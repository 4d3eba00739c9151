"""Provides the thread pool for reads of one step that do not depend on each other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

AT_ONCE: Final = 8


def read_pool() -> ThreadPoolExecutor:
    """Return a thread pool. `with read_pool() as pool:` ends when all its reads have ended."""
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="read")
