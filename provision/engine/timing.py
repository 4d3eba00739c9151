"""The timing of a run: when each node was visited, and the critical path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from provision.model.stack import Needs, Visit
from provision.trace import Trace

VERIFYING: Final = "second look"
WAITED: Final = 0.02
"""Seconds after the last of its needs from which a visit counts as waiting for a thread."""


@dataclass(frozen=True)
class Interval:
    """The time during which a node was worked on, in seconds on one clock."""

    began: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.began


@dataclass(frozen=True)
class PathStep:
    """One visit on the critical path.

    `doing` is open, look, make, take away, push, second look, remove or last look; `node` is empty
    for the time before the first node.
    """

    node: str
    doing: str
    seconds: float


@dataclass
class WalkTiming:
    """One walk over nodes: which had to precede which, and when each was visited.

    `rests` are the verifications, which no other node waits for.
    """

    doing: str
    needs: Needs
    trace: Trace
    intervals: dict[str, Interval] = field(default_factory=dict)
    rests: dict[str, Interval] = field(default_factory=dict)

    def timed(self, visit: Visit) -> Visit:
        """Return the visit with its time, and its follow-up's, noted here and in the trace."""

        def timed(name: str) -> Callable[[], None] | None:
            with self._noted(self.intervals, name, self.doing):
                rest = visit(name)
            return partial(self._time_rest, name, rest) if rest else None

        return timed

    def _time_rest(self, name: str, rest: Callable[[], None]) -> None:
        with self._noted(self.rests, name, VERIFYING):
            rest()

    @contextmanager
    def _noted(self, stays: dict[str, Interval], name: str, doing: str) -> Iterator[None]:
        began = self.trace.now()
        try:
            with self.trace.span(f"{name} ({doing})", doing):
                yield
        finally:
            stays[name] = Interval(began, self.trace.now())

    def critical_path(self) -> tuple[PathStep, ...]:
        """Return the visits that the end of the walk had to wait for, in their order."""
        links: list[PathStep] = []
        name, late = _last(self.intervals), _last(self.rests)
        if name and late and self.rests[late].ended > self.intervals[name].ended:
            links.append(PathStep(late, VERIFYING, self.rests[late].seconds))
            name = late
        while name:
            links.append(PathStep(name, self.doing, self.intervals[name].seconds))
            name = self._before(name)
        return tuple(reversed(links))

    def _before(self, name: str) -> str | None:
        """Return what the visit waited for: its last need, or the node that freed a thread."""
        began = self.intervals[name].began
        needs = {need: self.intervals[need] for need in self.needs[name] if need in self.intervals}
        need = _last(needs)
        ready = needs[need].ended if need else 0.0
        between = {n: stay for n, stay in self.intervals.items() if ready < stay.ended <= began}
        return (_last(between) if began - ready > WAITED else None) or need


def _last(stays: Mapping[str, Interval]) -> str | None:
    return max(stays, key=lambda name: stays[name].ended, default=None)


def critical_path(opening: float, walks: Iterable[WalkTiming]) -> tuple[PathStep, ...]:
    """Return the critical path of a whole run: opening, then walk after walk."""
    links = [link for walk in walks for link in walk.critical_path()]
    return (PathStep("", "open", opening), *links)
