"""Passes progress reports on in a thread, so that a slow terminal does not prolong a lock."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Report = Callable[[str], None]


@contextmanager
def telling(report: Report) -> Iterator[Report]:
    """Yield a function that queues reports and never waits for the terminal.

    A stopped terminal would otherwise hold up every command that waits for the lock. All reports
    have been made when this ends; an error of `report` is raised then.
    """
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    failed: list[Exception] = []

    def pass_on() -> None:
        try:
            while (line := lines.get()) is not None:
                report(line)
        except Exception as failure:  # noqa: BLE001  (raised in the waiting thread)
            failed.append(failure)

    thread = threading.Thread(target=pass_on, name="reports", daemon=True)
    thread.start()
    try:
        yield lines.put
    finally:
        lines.put(None)
        thread.join()
    if failed:
        raise failed[0]
