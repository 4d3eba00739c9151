"""Provides the thread pool for independent reads, and a cache whose values are made only once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

AT_ONCE: Final = 8


def read_pool() -> ThreadPoolExecutor:
    """Return a thread pool. `with read_pool() as pool:` ends when all its reads have ended."""
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="read")


class Once(Generic[K, V]):
    """A cache whose values are made once. Safe to use from many threads.

    A thread that needs a value that another thread is making waits for it; all others do not. A
    value that could not be made is tried again by the next caller.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._values: dict[K, Future[V]] = {}

    def get(self, key: K, make: Callable[[], V]) -> V:
        """Return the value, and make it on the first call. Raises what `make` raises."""
        mine: Future[V] = Future()
        with self._mutex:
            known = self._values.setdefault(key, mine)
        if known is mine:
            try:
                mine.set_result(make())
            except BaseException as error:
                with self._mutex:
                    del self._values[key]
                mine.set_exception(error)
                del mine, known  # otherwise the error and this frame would hold each other
                raise
        return known.result()

    def copied(self) -> Once[K, V]:
        """Return another cache with the same values."""
        again: Once[K, V] = Once()
        with self._mutex:
            again._values = dict(self._values)
        return again
