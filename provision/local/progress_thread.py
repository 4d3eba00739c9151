"""Reports of what happens while a lock is held: a thread passes them on."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Report = Callable[[str], None]


@contextmanager
def telling(report: Report) -> Iterator[Report]:
    """What is given to be told never waits for a terminal that stands still, which would hold up
    every other command that wants the lock. All of it is told when this ends.
    """
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    failed: list[Exception] = []

    def pass_on() -> None:
        try:
            while (line := lines.get()) is not None:
                report(line)
        except Exception as failure:  # noqa: BLE001  (raised where it is waited for)
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
