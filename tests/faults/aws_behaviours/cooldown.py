"""The most common law: after one call about a resource, others about it are refused for a while."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from tests.faults.aws_behaviours.frame import Call, Law, Lost, Refusal, World
from tests.faults.aws_behaviours.wire import Answer


class Resting(Law):
    """Remembers until when calls about each resource, by its name, are refused."""

    STARTS: ClassVar[Mapping[str, tuple[float, float]]]
    """Operation → shortest and longest pause, in seconds, that it begins."""
    WAITS: ClassVar[frozenset[str]]
    """The operations refused in the meantime."""

    def __init__(self) -> None:
        self.until: dict[str, float] = {}

    @abstractmethod
    def thing(self, call: Call) -> str:
        """Return the name of the resource that the call is about."""

    @abstractmethod
    def refusal(self, thing: str) -> Refusal:
        """Return AWS's error for a call during the pause."""

    def starts(self, call: Call) -> bool:
        return call.operation in self.STARTS

    def concerns(self, call: Call) -> bool:
        if call.service != self.SERVICE:
            return False
        return call.operation in self.STARTS or call.operation in self.WAITS

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        if call.operation in self.WAITS and world.now() < self.until.get(self.thing(call), 0):
            return self.refusal(self.thing(call))
        return None

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        if self.starts(call):
            rest = world.delay(*self.STARTS[call.operation])
            self.until[self.thing(call)] = world.now() + rest
        return None


class ByTurns(Resting):
    """Answers every second call during the pause, as replicas that disagree do."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: dict[str, int] = {}

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        verdict = super().before(call, world)
        if verdict is None:
            return None
        name = self.thing(call)
        self.asked[name] = self.asked.get(name, 0) + 1
        return None if self.asked[name] % 2 else verdict
