"""Laws of Route 53 that the emulator lacks: changes take time, and values must match exactly."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from tests.faults.aws_behaviours.cooldown import Resting
from tests.faults.aws_behaviours.frame import Call, Law, Lost, Refusal, World
from tests.faults.aws_behaviours.wire import Answer


class OneChangeAtATime(Resting):
    """A zone accepts no change while another one is being processed."""

    ROW = "R1"
    SERVICE = "route53"
    STARTS: ClassVar = {"ChangeResourceRecordSets": (0.3, 8)}
    WAITS = frozenset(STARTS)

    def thing(self, call: Call) -> str:
        zone: str = call.params["HostedZoneId"]
        return zone.rpartition("/")[2]

    def refusal(self, thing: str) -> Refusal:
        return Refusal(
            "PriorRequestNotComplete",
            "The request was rejected because Route 53 was still processing a prior request.",
        )


class Written(Law):
    """Knows the exact values that were written through it."""

    SERVICE = "route53"
    OPERATIONS = frozenset({"ChangeResourceRecordSets"})

    def __init__(self) -> None:
        self.records: dict[tuple[str, str, str], Mapping[str, Any] | None] = {}

    @abstractmethod
    def judge(self, action: str, known: bool, have: Mapping[str, Any] | None, asked: Any) -> str:
        """Return the error in the change, or nothing."""

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        for change in call.params["ChangeBatch"]["Changes"]:
            asked = change["ResourceRecordSet"]
            key = self._key(call, asked)
            wrong = self.judge(change["Action"], key in self.records, self.records.get(key), asked)
            if wrong:
                return Refusal(
                    "InvalidChangeBatch",
                    f"[{wrong.format(name=asked['Name'], type=asked['Type'])}]",
                )
        return None

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        for change in call.params["ChangeBatch"]["Changes"]:
            asked = change["ResourceRecordSet"]
            gone = change["Action"] == "DELETE"
            self.records[self._key(call, asked)] = None if gone else asked
        return None

    def _key(self, call: Call, asked: Mapping[str, Any]) -> tuple[str, str, str]:
        zone = call.params["HostedZoneId"].rpartition("/")[2]
        return zone, asked["Name"].lower().rstrip("."), asked["Type"]


class CreateIsNotUpsert(Written):
    """A record that exists cannot be created."""

    ROW = "R2"

    def judge(self, action: str, known: bool, have: Mapping[str, Any] | None, asked: Any) -> str:
        if action == "CREATE" and have is not None:
            return (
                "Tried to create resource record set [name='{name}', type='{type}']"
                " but it already exists"
            )
        return ""


class DeleteToTheLetter(Written):
    """Only an existing record can be deleted, with exactly its values."""

    ROW = "R3"

    def judge(self, action: str, known: bool, have: Mapping[str, Any] | None, asked: Any) -> str:
        if action != "DELETE" or not known:
            return ""
        tried = "Tried to delete resource record set [name='{name}', type='{type}'] but "
        if have is None:
            return tried + "it was not found"
        same = all(asked.get(part) == have.get(part) for part in ("TTL", "ResourceRecords"))
        return "" if same else tried + "the values provided do not match the current values"


class ChangesSpread(Law):
    """A change is PENDING until all servers have it."""

    ROW = "R4"
    SERVICE = "route53"
    OPERATIONS = frozenset({"ChangeResourceRecordSets", "GetChange"})

    def __init__(self) -> None:
        self.in_sync: dict[str, float] = {}

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        info = answer["ChangeInfo"]
        if call.operation == "ChangeResourceRecordSets":
            self.in_sync[_bare(info["Id"])] = world.now() + world.delay(5, 90)
            info["Status"] = "PENDING"
        elif world.now() < self.in_sync.get(_bare(call.params["Id"]), 0):
            info["Status"] = "PENDING"
        return None


def _bare(change: str) -> str:
    return change.rpartition("/")[2]


LAWS: tuple[type[Law], ...] = (
    OneChangeAtATime,
    CreateIsNotUpsert,
    DeleteToTheLetter,
    ChangesSpread,
)
