"""Laws of the connection to AWS: an answer is lost, or is a 500 although all was done."""

from __future__ import annotations

from provision.aws.retry import NON_IDEMPOTENT_CREATES
from tests.faults.aws_behaviours.frame import Call, Law, Lost, Refusal, World
from tests.faults.aws_behaviours.wire import Answer


class AnswersGetLost(Law):
    """Once for every create without a token, the answer is lost or a 500."""

    ROW = "X1"
    SERVICE = "every"
    OPERATIONS = NON_IDEMPOTENT_CREATES

    def __init__(self, chance: float = 1.0) -> None:
        self.chance = chance
        self.lost: set[str] = set()

    def concerns(self, call: Call) -> bool:
        return call.operation in self.OPERATIONS

    def after(self, call: Call, answer: Answer, world: World) -> Lost | Refusal | None:
        if call.operation in self.lost or not world.chance(self.chance):
            return None
        self.lost.add(call.operation)
        if world.chance(0.5):
            return Refusal("InternalFailure", "", 500)
        return Lost()


class EveryAnswerGetsLost(AnswersGetLost):
    """Once for every write, the answer is lost: the repeated write must find it done."""

    def concerns(self, call: Call) -> bool:
        return call.write


LAWS: tuple[type[Law], ...] = (EveryAnswerGetsLost,)
