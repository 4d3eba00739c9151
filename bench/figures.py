"""Measurements: one sample per run, and their medians."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from bench.calls import Call, most_in_flight
from bench.process import Measured

FRESH, UNCHANGED, CODE, ROUTE = "fresh", "unchanged", "code changed", "route changed"
PUSH = "code pushed"
STATUS, PLAN, DOWN = "status", "plan", "down"
CODE_WRITE = "UpdateFunctionCode"


@dataclass(frozen=True)
class Sample:
    """One run of one command. Seconds, and MiB."""

    wall: float
    cpu: float
    memory: float
    read: int = 0
    write: int = 0
    in_flight: int = 0
    operations: tuple[str, ...] = ()

    @classmethod
    def of(cls, measured: Measured, calls: Sequence[Call] = ()) -> Sample:
        writes = sum(call.writes for call in calls)
        return cls(
            measured.wall,
            measured.cpu,
            measured.memory,
            len(calls) - writes,
            writes,
            most_in_flight(calls),
            tuple(call.operation for call in calls),
        )

    @property
    def beyond_waiting(self) -> tuple[str, ...]:
        """Its calls without those that only wait for a function after the first write."""
        writes = [n for n, name in enumerate(self.operations) if name.startswith(CODE_WRITE)]
        first = writes[0] if writes else len(self.operations)
        return tuple(
            name for n, name in enumerate(self.operations) if n < first or name != "GetFunction"
        )


@dataclass
class Figures:
    """One command of one tool over all rounds; `chain`: how many calls had to follow each other."""

    samples: list[Sample] = field(default_factory=list)
    chain: float = 0.0

    def middle(self, what: Callable[[Sample], float]) -> float:
        return median(map(what, self.samples))

    @property
    def wall(self) -> float:
        return self.middle(lambda sample: sample.wall)

    @property
    def cpu(self) -> float:
        return self.middle(lambda sample: sample.cpu)

    @property
    def memory(self) -> float:
        return self.middle(lambda sample: sample.memory)

    @property
    def read(self) -> int:
        return round(self.middle(lambda sample: sample.read))

    @property
    def write(self) -> int:
        return round(self.middle(lambda sample: sample.write))

    @property
    def in_flight(self) -> int:
        return round(self.middle(lambda sample: sample.in_flight))

    @property
    def spread(self) -> str:
        """The fastest and the slowest run."""
        walls = [sample.wall for sample in self.samples]
        return f"{min(walls):.2f}-{max(walls):.2f}"


Book = dict[str, dict[str, Figures]]
"""By tool and situation."""
