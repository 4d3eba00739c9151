"""Keeps the newest lines of all groups, and no more than memory should hold."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from itertools import count

from provision.workflows.logs.line import LogLine

_Entry = tuple[int, int, LogLine]


class NewestLines:
    """At most `most` lines. Older ones are dropped first, and those that are not `wanted` before.

    `dropped_until` is the time of the newest line that was dropped, in milliseconds, or 0.
    """

    def __init__(self, most: int, wanted: Callable[[LogLine], bool]) -> None:
        self.dropped_until = 0
        self._most = most
        self._is_wanted = wanted
        self._numbers: Iterator[int] = count()
        self._wanted: list[_Entry] = []
        self._others: list[_Entry] = []

    def add(self, line: LogLine) -> None:
        """Keep the line, and drop another if there are too many."""
        kept = self._wanted if self._is_wanted(line) else self._others
        heapq.heappush(kept, (line.at, next(self._numbers), line))
        if len(self._wanted) + len(self._others) > self._most:
            at, _, _ = heapq.heappop(self._others or self._wanted)
            self.dropped_until = max(self.dropped_until, at)

    def in_order(self) -> list[LogLine]:
        """Return the lines by their time; those of one time as they came."""
        return [line for _, _, line in sorted([*self._wanted, *self._others])]
