"""Walks of one worker without a thread: starting one costs time, and the caller only waits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for_threads
from concurrent.futures._base import DoneAndNotDoneFutures
from typing import Any, Self


class Inline:
    """Runs a submitted call at once, in this thread: the same walk, but forkable anywhere."""

    def __init__(self, workers: int, thread_name_prefix: str = "") -> None:
        assert workers == 1 or thread_name_prefix == "read"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, work: Callable[..., Any], *arguments: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(work(*arguments, **named))
        except Exception as error:  # noqa: BLE001  (as an executor does)
            future.set_exception(error)
        return future

    def map(self, work: Callable[[Any], Any], *many: Iterable[Any]) -> list[Any]:
        return list(map(work, *many))


def walking_pool(workers: int, thread_name_prefix: str = "") -> Inline | ThreadPoolExecutor:
    """Return a pool with threads only if there are several workers."""
    if workers == 1:
        return Inline(workers, thread_name_prefix)
    return ThreadPoolExecutor(workers, thread_name_prefix=thread_name_prefix)


def wait(pending: Collection[Future[Any]], *, return_when: str) -> DoneAndNotDoneFutures[Any]:
    """Wait; if all are done, return them in the order in which they began, not in a set's."""
    if all(future.done() for future in pending):
        return DoneAndNotDoneFutures(pending, set())  # type: ignore[arg-type]  # only iterated
    return wait_for_threads(pending, return_when=return_when)
