"""A run as a file that Perfetto and chrome://tracing open: a lane a thread, and what it did when.

The Trace Event Format's JSON object form: a B event where something begins and an E event where it
ends, in microseconds. The file is whole after every event, so also when the process is killed; what
was in flight then has no end, and viewers draw it as unfinished.
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
"""What is told of a span. Never what was sent to AWS or what it answered."""

_HEAD: Final = b'{"displayTimeUnit": "ms", "traceEvents": ['
_TAIL: Final = b"\n]}\n"


@dataclass
class _Lane:
    number: int
    thread: threading.Thread
    open: int = 0
    last: float = 0.0
    """When the last thing in it happened."""


@dataclass(frozen=True)
class Span:
    """Something that has begun. `depth` spans of its lane were open before it."""

    lane: _Lane
    depth: int


class Trace:
    """Records spans of every thread; without a file, nothing. Safe to use from many threads."""

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
        """Seconds since the trace began."""
        return self._now() - self._origin

    def begin(self, name: str, kind: str, *, at: float | None = None) -> Span | None:
        """In this thread's lane, now or at an earlier moment since when nothing else happened."""
        if not self._file:
            return None
        with self._mutex:
            moment = self.now() if at is None else at
            lane = self._lane(moment)
            self._event("B", lane, moment, {"name": name, "cat": kind})
            lane.open += 1
            return Span(lane, lane.open - 1)

    def end(self, span: Span | None, facts: Facts | None = None) -> None:
        """End it, and whatever began inside it and was left open by an error."""
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
        """What happens inside is one span; an error that ends it is named by its class."""
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
        """What this thread did, and nothing else, since `began` (as `now` told it)."""
        self.end(self.begin(name, kind, at=began))

    def _event(self, phase: str, lane: _Lane, moment: float, fields: dict[str, Any]) -> None:
        lane.last = moment
        self._write({"ph": phase, "ts": round(moment * 1_000_000), **fields}, lane.number)

    def _lane(self, moment: float) -> _Lane:
        """This thread's. Threads that follow each other under one name share theirs: what is told
        of an earlier moment, when another one was in it, gets one of its own."""
        thread = threading.current_thread()  # its number may be that of one that has ended
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
        """Over the closing brackets, and they again: one write, so the file is never half."""
        assert self._file
        comma = b"," if self._end > len(_HEAD) else b""
        line = json.dumps(event | {"pid": os.getpid(), "tid": lane}).encode()
        self._file.seek(self._end)
        self._file.write(comma + b"\n" + line + _TAIL)
        self._end += len(comma) + 1 + len(line)


@contextmanager
def open_trace(path: Path | None) -> Iterator[Trace]:
    """The trace that `--trace` asks for; one that records nothing where it does not.

    Raises `UsageError` when the file cannot be written.
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
