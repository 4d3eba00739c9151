"""The commonest law: after one call about a thing, others about it are refused for a while."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from tests.faults.aws_behaviours.frame import Call, Law, Lost, Refusal, World
from tests.faults.aws_behaviours.wire import Answer


class Resting(Law):
    """Remembers until when each thing, by its name, is to be left alone."""

    STARTS: ClassVar[Mapping[str, tuple[float, float]]]
    """Operation → shortest and longest rest, in seconds, that it begins."""
    WAITS: ClassVar[frozenset[str]]
    """The operations refused meanwhile."""

    def __init__(self) -> None:
        self.until: dict[str, float] = {}

    @abstractmethod
    def thing(self, call: Call) -> str:
        """The name of what the call is about."""

    @abstractmethod
    def refusal(self, thing: str) -> Refusal:
        """What AWS says to those who cannot wait."""

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
    """In that while every other one of them is answered: what was shown is gone, and back again."""

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
