"""One-node stacks under laws: every run is a process of its own, in the same account and time."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from provision.aws.client import Aws
from provision.model.stack import Stack
from provision.model.step import Step
from provision.plan.change import Action
from provision.plan.plan import Result
from tests.faults.aws_behaviours.conftest import ours
from tests.faults.aws_behaviours.frame import Call, Court, Law, Lost, Refusal, Sent, World
from tests.faults.aws_behaviours.wire import Answer
from tests.support.harness import Recorder, Workshop, one_node

SEEDS = range(int(os.environ.get("LAW_SEEDS", "1")))
"""Each law is tried once for each seed, with other delays: `LAW_SEEDS=50` tries more."""
PATIENCE = 90
"""More refusals of one call than growing pauses need within any budget."""


@dataclass
class LawfulWorkshop(Workshop):
    """A workshop with a court; `elapsed` is the virtual seconds of its last run."""

    held: Court = field(kw_only=True)
    elapsed: float = 0.0

    def connect(self, recorder: Recorder) -> Aws:
        return ours(self.held, recorder)

    def up(self, step: Step, *, within: float = 3600) -> Step:
        """Return the step after `up`, which raises no error and ends within the time."""
        return self._judged(one_node(step), "up", within).resources["it"]

    def down(self, step: Step, *, within: float = 3600) -> None:
        self._judged(one_node(step), "down", within)

    def stays(self, step: Step) -> None:
        """Assert that a further `up` finds nothing to do."""
        assert self.run(one_node(step), "up").changes["it"].action is Action.KEEP
        assert self.last.writes == []

    def _judged(self, stack: Stack, verb: str, within: float) -> Result:
        began, before = self.held.clock.now(), len(self.held.sent)
        outcome = self.run(stack, verb)
        self.elapsed = self.held.clock.now() - began
        assert self.elapsed <= within, f"took {self.elapsed:.0f} s"
        patient(self.held.sent[before:])
        return outcome


def under(held: Court, directory: Path) -> LawfulWorkshop:
    return LawfulWorkshop(directory / "state", held=held)


def patient(run: Sequence[Sent]) -> None:
    """Assert that no refused write was sent again at once, or without end."""
    last: dict[str, float] = {}
    refusals: Counter[str] = Counter()
    for sent in run:
        if not sent.call.write:
            continue
        same = _name(sent.call)
        assert sent.at > last.get(same, -1.0), f"sent again at once: {same}"
        if sent.refusal:
            last[same] = sent.at
            refusals[same] += 1
    for same, count in refusals.items():
        assert count < PATIENCE, f"sent {count} times: {same}"


def _name(call: Call) -> str:
    return f"{call.operation} {sorted(call.params.items(), key=str)}"


class LosesOnce(Law):
    """AWS carries the first call out, but its answer is lost."""

    ROW = "X1"

    def __init__(self, operation: str) -> None:
        self.operation = operation
        self.left = 1

    def concerns(self, call: Call) -> bool:
        return call.operation == self.operation

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        if not self.left:
            return None
        self.left -= 1
        return Lost()


class RefusesOnce(LosesOnce):
    """AWS refuses the first call, for a reason of the user's."""

    ROW = "test"

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        if not self.left:
            return None
        self.left -= 1
        return Refusal("ValidationException", "not like this")

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        return None
