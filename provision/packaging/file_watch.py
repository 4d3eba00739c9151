"""Detects saved files by polling their times, which works on every system and every disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from provision.clock import Clock

POLL: Final = 0.25
"""Seconds between two polls."""
QUIET: Final = 0.3
"""Seconds without a change before saved files count as complete."""

Snapshot = Mapping[str, tuple[int, int]]
"""File → modification time in nanoseconds and size in bytes."""


def snapshot(files: Iterable[Path]) -> Snapshot:
    """Return the times and sizes of the files, without those that no longer exist."""
    found = {}
    for file in files:
        with suppress(OSError):
            facts = file.stat()
            found[str(file)] = (facts.st_mtime_ns, facts.st_size)
    return found


def watch_saves(
    look: Callable[[], Mapping[str, Snapshot]], clock: Clock
) -> Iterator[frozenset[str]]:
    """Yield the names whose files changed, once `QUIET` seconds have passed without a change.

    `look` returns a snapshot for each name. The first set has all names.
    """
    last: Mapping[str, Snapshot] = {}
    while True:
        now = look()
        if now != last:
            now = _quiet(look, clock, now)
            changed = frozenset(name for name in now if now[name] != last.get(name))
            last = now
            if changed:
                yield changed
        clock.sleep(POLL)


def _quiet(
    look: Callable[[], Mapping[str, Snapshot]], clock: Clock, now: Mapping[str, Snapshot]
) -> Mapping[str, Snapshot]:
    since = clock.now()
    while clock.now() - since < QUIET:
        clock.sleep(QUIET / 3)
        later = look()
        if later != now:
            now, since = later, clock.now()
    return now
