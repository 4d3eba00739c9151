"""Values that are made once, by the first thread that asks, with no lock held meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Once(Generic[K, V]):
    """Safe to use from many threads. Who asks for a value that another thread is making waits for
    that one; all others do not. What could not be made is tried again by the next who asks.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._values: dict[K, Future[V]] = {}

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The value; made now where nobody has asked for it before. Raises what `make` raises."""
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
                del mine, known  # else the error would hold this frame, and the frame the error
                raise
        return known.result()

    def copied(self) -> Once[K, V]:
        """Another that knows what this one does."""
        again: Once[K, V] = Once()
        with self._mutex:
            again._values = dict(self._values)
        return again
