"""The trace file for `--trace`, which Perfetto and chrome://tracing open: one lane per thread.

The file is in the JSON object form of the Trace Event Format: a B event begins a span and an E
event ends it, with times in microseconds. It is valid JSON after every event, even if the process
is killed; spans open at that time have no E event, and viewers draw them as unfinished.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, Final

from provision.errors import UsageError
from provision.files import open_to_overwrite

Facts = Mapping[str, str | int]
"""Arguments of a span. They never contain request or response data of AWS calls."""

_HEAD: Final = b'{"displayTimeUnit": "ms", "traceEvents": ['
_TAIL: Final = b"\n]}\n"


@dataclass
class _Lane:
    number: int
    thread: threading.Thread
    open: int = 0
    last: float = 0.0
    """The time of the lane's last event, in seconds since the trace began."""


@dataclass(frozen=True)
class Span:
    """A span that has begun. `depth` spans of its lane were open before it."""

    lane: _Lane
    depth: int


class Trace:
    """A recorder of spans, safe to use from many threads. Without a file it records nothing."""

    def __init__(
        self, file: BinaryIO | None = None, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._file = file
        self._now = now
        self._origin = now()
        self._mutex = threading.Lock()
        self._lanes: dict[str, _Lane] = {}
        if file:
            file.write(_HEAD + _TAIL)
            self._end = len(_HEAD)
            self._write({"name": "process_name", "ph": "M", "args": {"name": "provision"}}, 0)

    @property
    def on(self) -> bool:
        return self._file is not None

    def now(self) -> float:
        """Return seconds since the trace began."""
        return self._now() - self._origin

    def begin(self, name: str, kind: str, *, at: float | None = None) -> Span | None:
        """Begin a span in this thread's lane, now or at the earlier time `at`.

        The lane must have had no event after `at`, otherwise the span gets another lane.
        """
        if not self._file:
            return None
        with self._mutex:
            moment = self.now() if at is None else at
            lane = self._lane(moment)
            self._event("B", lane, moment, {"name": name, "cat": kind})
            lane.open += 1
            return Span(lane, lane.open - 1)

    def end(self, span: Span | None, facts: Facts | None = None) -> None:
        """End the span and all spans inside it that an error left open."""
        if span is None:
            return
        with self._mutex:
            while span.lane.open > span.depth:
                span.lane.open -= 1
                last = span.lane.open == span.depth
                told = {"args": dict(facts)} if facts and last else {}
                self._event("E", span.lane, self.now(), told)

    @contextmanager
    def span(self, name: str, kind: str) -> Iterator[None]:
        """Record the block as one span; if it raises, the span names the error's class."""
        span = self.begin(name, kind)
        facts: Facts = {}
        try:
            yield
        except BaseException as error:
            facts = {"failed": type(error).__name__}
            raise
        finally:
            self.end(span, facts)

    def past(self, name: str, kind: str, began: float) -> None:
        """Record a span from `began` (a value of `now`) to now, with no other events inside."""
        self.end(self.begin(name, kind, at=began))

    def _event(self, phase: str, lane: _Lane, moment: float, fields: dict[str, Any]) -> None:
        lane.last = moment
        self._write({"ph": phase, "ts": round(moment * 1_000_000), **fields}, lane.number)

    def _lane(self, moment: float) -> _Lane:
        """Return this thread's lane, creating one if needed.

        Consecutive threads of one name share a lane. An event at an earlier time, when another
        thread used that lane, gets a lane of its own.
        """
        thread = threading.current_thread()  # its number may be reused from an ended thread
        name = "main" if thread is threading.main_thread() else thread.name
        for number in count(1):
            lane = self._lanes.get(label := name if number == 1 else f"{name} ({number})")
            if lane is None:
                lane = self._lanes[label] = _Lane(len(self._lanes) + 1, thread)
                told = {"name": "thread_name", "ph": "M", "args": {"name": label}}
                self._write(told, lane.number)
            if lane.thread is thread or not (lane.open or lane.last > moment):
                lane.thread = thread
                return lane
        raise AssertionError("numbers do not end")

    def _write(self, event: dict[str, Any], lane: int) -> None:
        """Overwrite the closing brackets with the event and new ones, in a single write."""
        assert self._file
        comma = b"," if self._end > len(_HEAD) else b""
        line = json.dumps(event | {"pid": os.getpid(), "tid": lane}).encode()
        self._file.seek(self._end)
        self._file.write(comma + b"\n" + line + _TAIL)
        self._end += len(comma) + 1 + len(line)


@contextmanager
def open_trace(path: Path | None) -> Iterator[Trace]:
    """Yield the trace written to `path`, or one that records nothing if there is no path.

    Raise `UsageError` if the file cannot be written.
    """
    if path is None:
        yield Trace()
        return
    try:
        file = os.fdopen(open_to_overwrite(path), "r+b", buffering=0)
    except OSError as error:
        raise UsageError(
            f"--trace {path} cannot be written: {error.strerror or error}",
            hint="name a file in a folder that is there",
        ) from error
    with file:
        yield Trace(file)
