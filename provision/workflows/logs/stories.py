"""Joins the lines of one request: its access line, its execution and its function's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from provision.workflows.logs.line import LineKind, LogLine
from provision.workflows.logs.sources import ACCESS

SETTLED: Final = 1.0
"""Seconds after the last line of a request of which all is there, as far as one can know."""
QUIET: Final = 5.0
"""Seconds after the last line of any other."""
REMEMBERED: Final = 10_000
"""The requests of which `--follow` knows what their invocation was, and that they were shown."""


@dataclass
class Story:
    """The known lines of a request, or about an invocation without one, or a line without either.

    `continued`: a part of it was shown before, and these lines came late.
    """

    key: str
    lines: list[LogLine] = field(default_factory=list)
    access: LogLine | None = None
    continued: bool = False
    last: float = 0.0

    @property
    def at(self) -> int:
        """The time by which stories are ordered."""
        return self.access.at if self.access else min(line.at for line in self.lines)

    @property
    def all_lines(self) -> list[LogLine]:
        """The lines with the access line first."""
        return [*([self.access] if self.access else []), *self.lines]

    @property
    def version(self) -> str:
        """The version of the function that ran."""
        return next((line.version for line in self.lines if line.version), "")

    @property
    def own(self) -> bool:
        """Whether it is an import check of ours, which no caller caused."""
        return any(line.own for line in self.lines)

    @property
    def unimportable(self) -> bool:
        """Whether that import check found that the code cannot be imported."""
        return any(line.unimportable for line in self.lines)

    @property
    def report(self) -> LogLine | None:
        """The line in which Lambda reports the end of the invocation."""
        return next((line for line in self.lines if line.kind is LineKind.REPORT), None)


class Stories:
    """The stories whose lines are still coming. Lines may come in any order of sources.

    `functions`: functions' groups are read, so that a request is whole with its invocation's end.
    `remembered`: of how many requests it is known what their invocation was.
    """

    def __init__(self, *, functions: bool, remembered: int = REMEMBERED) -> None:
        self._functions = functions
        self._remembered = remembered
        self._open: dict[str, Story] = {}
        self._requests: dict[str, str] = {}
        self._shown: dict[str, None] = {}
        self._alone = 0

    def add(self, line: LogLine, now: float) -> None:
        """Add a line that has come at `now`, in seconds."""
        if line.invocation and line.request and self._is_request(line):
            self._learn(line.invocation, line.request)
        key = self.request_of(line) or line.invocation
        if not key:
            self._alone += 1
            key = f" {self._alone}"
        story = self._open.setdefault(key, Story(key, continued=key in self._shown))
        story.last = now
        if line.kind is LineKind.ACCESS and story.access is None:
            story.access = line
        else:
            story.lines.append(line)

    def request_of(self, line: LogLine) -> str:
        """Return the request of a line: by API Gateway's own word before the function's."""
        return self._requests.get(line.invocation, "") or line.request

    def resolved(self, line: LogLine) -> LogLine:
        """Return the line with its request, as far as it is known by now."""
        return replace(line, request=self.request_of(line))

    def ready(self, now: float) -> list[Story]:
        """Remove and return the stories to which nothing more is expected."""
        return self._take(
            key
            for key, story in self._open.items()
            if now - story.last >= (SETTLED if self._whole(story) else QUIET)
        )

    def rest(self) -> list[Story]:
        """Remove and return all stories."""
        return self._take(self._open)

    def _is_request(self, line: LogLine) -> bool:
        """Return whether the line may say which request an invocation was made for.

        The access line always may; a function's own line only as long as no other has.
        """
        return line.source == ACCESS or line.invocation not in self._requests

    def _learn(self, invocation: str, request: str) -> None:
        """Remember the request of an invocation, and move there what has come of it."""
        before = self._requests.pop(invocation, "")
        self._requests[invocation] = request
        self._forget(self._requests)
        for key in {invocation, before} - {"", request}:
            self._move(key, request, invocation)

    def _move(self, key: str, request: str, invocation: str) -> None:
        """Move the lines of an invocation from one story to that of its request."""
        old = self._open.get(key)
        moved = [line for line in old.lines if line.invocation == invocation] if old else []
        if not old or not moved:
            return
        old.lines = [line for line in old.lines if line.invocation != invocation]
        if not old.all_lines:
            del self._open[key]
        story = self._open.setdefault(request, Story(request, continued=request in self._shown))
        story.lines = [*moved, *story.lines]
        story.last = max(story.last, old.last)

    def _whole(self, story: Story) -> bool:
        if story.access is None:
            return False
        return not (self._functions and story.access.invocation) or story.report is not None

    def _take(self, keys: Iterable[str]) -> list[Story]:
        taken = [self._open.pop(key) for key in list(keys)]
        for story in taken:
            story.lines.sort(key=lambda line: line.at)
            if not story.key.startswith(" "):
                self._shown[story.key] = None
        self._forget(self._shown)
        return sorted(taken, key=lambda story: story.at)

    def _forget(self, known: dict[str, str] | dict[str, None]) -> None:
        """Drop the oldest entries of what is remembered."""
        while len(known) > self._remembered:
            del known[next(iter(known))]
