"""Laws of SQS that the emulator lacks: names stay in use, and changes take time."""

from __future__ import annotations

import copy
from typing import Any, ClassVar

from tests.faults.aws_behaviours.cooldown import Resting
from tests.faults.aws_behaviours.frame import Call, Law, Lost, Refusal, World
from tests.faults.aws_behaviours.wire import Answer

ABSENT = Refusal("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
READS = frozenset({"GetQueueUrl", "GetQueueAttributes", "ListQueueTags"})


def queue_of(call: Call) -> str:
    """Return the queue's name; most calls give its URL."""
    name: str = call.params.get("QueueName") or call.params["QueueUrl"].rpartition("/")[2]
    return name


class EqualOrRefused(Law):
    """A second create with settings equal to the first succeeds, and is refused otherwise."""

    ROW = "Q1"
    SERVICE = "sqs"
    OPERATIONS = frozenset({"CreateQueue", "SetQueueAttributes", "DeleteQueue"})

    def __init__(self) -> None:
        self.attributes: dict[str, dict[str, str]] = {}

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        have = self.attributes.get(queue_of(call))
        if call.operation != "CreateQueue" or have is None:
            return None
        for name, value in call.params.get("Attributes", {}).items():
            if have.get(name, value) != value:
                return Refusal(
                    "QueueAlreadyExists",
                    "A queue already exists with the same name and a different value for attribute"
                    f" {name}",
                )
        return None

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        if call.operation == "DeleteQueue":
            self.attributes.pop(queue_of(call), None)
        else:
            known = self.attributes.setdefault(queue_of(call), {})
            known.update(call.params.get("Attributes", {}))
        return None


class NotVisibleAtOnce(Resting):
    """A new queue is not found for some seconds."""

    ROW = "Q1"
    SERVICE = "sqs"
    STARTS: ClassVar = {"CreateQueue": (1, 6)}
    WAITS = READS | {"SetQueueAttributes", "TagQueue"}

    def thing(self, call: Call) -> str:
        return queue_of(call)

    def refusal(self, thing: str) -> Refusal:
        return ABSENT


class NameRestsAfterDeletion(Resting):
    """For 60 s after a queue's deletion, no other of its name can be created."""

    ROW = "Q2"
    SERVICE = "sqs"
    STARTS: ClassVar = {"DeleteQueue": (60, 60)}
    WAITS = frozenset({"CreateQueue"})

    def thing(self, call: Call) -> str:
        return queue_of(call)

    def refusal(self, thing: str) -> Refusal:
        return Refusal(
            "AWS.SimpleQueueService.QueueDeletedRecently",
            "You must wait 60 seconds after deleting a queue before you can create another with"
            " the same name.",
        )


class AttributesSpread(Law):
    """For up to a minute after a change, some reads show the old settings."""

    ROW = "Q3"
    SERVICE = "sqs"
    OPERATIONS = frozenset({"SetQueueAttributes", "GetQueueAttributes"})

    def __init__(self) -> None:
        self.seen: dict[str, dict[str, str]] = {}
        self.old: dict[str, tuple[float, dict[str, str]]] = {}

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        name = queue_of(call)
        if call.operation == "SetQueueAttributes":
            self.old[name] = (world.now() + world.delay(20, 60), self.seen.get(name, {}))
            return None
        until, old = self.old.get(name, (0.0, {}))
        shown = answer.setdefault("Attributes", {})
        if world.now() < until and world.chance(0.7):
            answer["Attributes"] = {key: old[key] for key in shown if key in old}
        else:
            self.seen[name] = dict(shown)
        return None


class DeletingTakesAMinute(Law):
    """A deleted queue answers for a while as if it existed."""

    ROW = "Q5"
    SERVICE = "sqs"

    def __init__(self) -> None:
        self.answers: dict[str, dict[str, Any]] = {}
        self.until: dict[str, float] = {}

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        if call.operation not in READS or world.now() >= self.until.get(queue_of(call), 0):
            return None
        return copy.deepcopy(self.answers.get(queue_of(call), {}).get(call.operation))

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        if call.operation in READS:
            self.answers.setdefault(queue_of(call), {})[call.operation] = copy.deepcopy(answer)
        elif call.operation == "DeleteQueue":
            self.until[queue_of(call)] = world.now() + world.delay(5, 60)
            known = self.answers.setdefault(queue_of(call), {})
            known["GetQueueUrl"] = {"QueueUrl": call.params["QueueUrl"]}
        elif call.operation == "CreateQueue":
            self.until.pop(queue_of(call), None)
        return None


class DeletedSeemsGoneByTurns(DeletingTakesAMinute):
    """In that minute two reads in a row do not find it, and the next one does."""

    ROW = "Q5"

    def __init__(self) -> None:
        super().__init__()
        self.asked: dict[str, int] = {}

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        shown = super().before(call, world)
        if shown is None or call.operation != "GetQueueUrl":
            return shown
        name = queue_of(call)
        self.asked[name] = self.asked.get(name, 0) + 1
        return ABSENT if self.asked[name] % 3 else shown


LAWS: tuple[type[Law], ...] = (
    EqualOrRefused,
    NotVisibleAtOnce,
    NameRestsAfterDeletion,
    AttributesSpread,
    DeletedSeemsGoneByTurns,
)
