"""Laws of CloudWatch Logs that the emulator lacks: busy groups, and late writers."""

from __future__ import annotations

import time
from abc import abstractmethod
from typing import Any, ClassVar

from tests.faults.aws_behaviours.cooldown import Resting
from tests.faults.aws_behaviours.frame import Call, Law, Lost, Refusal, World
from tests.faults.aws_behaviours.wire import Answer

LAMBDA = "/aws/lambda/"
LATE = 30.0
"""Seconds for which invocations of a deleted function may still write."""


class Busy(Resting):
    """A change of a group excludes other changes for a moment."""

    SERVICE = "logs"
    STARTS: ClassVar = {
        "CreateLogGroup": (0.2, 4),
        "DeleteLogGroup": (0.2, 4),
        "PutRetentionPolicy": (0.1, 2),
    }

    def thing(self, call: Call) -> str:
        name: str = call.params["logGroupName"]
        return name

    def refusal(self, thing: str) -> Refusal:
        return Refusal(
            "OperationAbortedException",
            "A conflicting operation is currently in progress against this resource. Please try"
            " again.",
        )


class MakingCollides(Busy):
    """A group cannot be created, or given its retention, during another change."""

    ROW = "G1"
    WAITS = frozenset({"CreateLogGroup", "PutRetentionPolicy"})


class DeletingCollides(Busy):
    """A group cannot be deleted during another change."""

    ROW = "G5"
    WAITS = frozenset({"DeleteLogGroup"})


class ArnsInTwoSpellings(Law):
    """Groups are shown with an ARN that ends in `:*`, which calls about tags refuse."""

    ROW = "G3"
    SERVICE = "logs"

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        if str(call.params.get("resourceArn", "")).endswith(":*"):
            return Refusal("InvalidParameterException", "The ARN is not of a log group.")
        return None

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        for group in answer.get("logGroups", []):
            bare = group["arn"].removesuffix(":*")
            group["arn"], group["logGroupArn"] = f"{bare}:*", bare
        return None


class ComesBack(Law):
    """A deleted group is recreated by late writers, without retention and tags."""

    SERVICE = "logs"
    OTHERS: ClassVar[frozenset[str]]

    def __init__(self) -> None:
        self.back: dict[str, tuple[float, dict[str, Any]]] = {}
        self.seen: dict[str, dict[str, Any]] = {}

    def concerns(self, call: Call) -> bool:
        return call.service == "logs" or call.operation in self.OTHERS

    @abstractmethod
    def notice(self, call: Call, world: World) -> None:
        """Record what happens to the writers."""

    @abstractmethod
    def writes_at(self, name: str, world: World) -> float | None:
        """Return when the last lines arrive at a group being deleted, if they recreate it."""

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        if call.operation == "DeleteLogGroup":
            name = call.params["logGroupName"]
            at, _ = self.back.pop(name, (float("inf"), {}))
            return {} if world.now() >= at else None
        if call.operation == "ListTagsForResource":
            name = call.params["resourceArn"].partition(":log-group:")[2]
            at, _ = self.back.get(name, (float("inf"), {}))
            return {"tags": {}} if world.now() >= at else None
        return None

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        if call.operation in self.OTHERS:
            self.notice(call, world)
        elif call.operation == "DeleteLogGroup":
            name = call.params["logGroupName"]
            at = self.writes_at(name, world)
            if at is not None and name in self.seen:
                now = int(time.time() * 1000)
                group = {**self.seen[name], "storedBytes": 1, "creationTime": now}
                group.pop("retentionInDays", None)
                self.back[name] = (at, group)
        elif call.operation == "DescribeLogGroups":
            self._show(call, answer, world)
        return None

    def _show(self, call: Call, answer: Answer, world: World) -> None:
        for group in answer["logGroups"]:
            self.seen[group["logGroupName"]] = dict(group)
        prefix = call.params.get("logGroupNamePrefix", "")
        for name, (at, group) in self.back.items():
            if world.now() >= at and name.startswith(prefix):
                answer["logGroups"].append(group)


class LateLinesBringItBack(ComesBack):
    """A function that may create its group does so when it writes after the group's deletion."""

    ROW = "G4"
    OTHERS = frozenset({"CreateFunction", "DeleteFunction", "PutRolePolicy"})

    def __init__(self) -> None:
        super().__init__()
        self.roles: dict[str, str] = {}
        self.gone: dict[str, float] = {}
        self.grants: dict[str, str] = {}

    def notice(self, call: Call, world: World) -> None:
        match call.operation:
            case "CreateFunction":
                self.roles[call.params["FunctionName"]] = call.params["Role"].rpartition("/")[2]
            case "DeleteFunction":
                self.gone[call.params["FunctionName"]] = world.now()
            case "PutRolePolicy":
                self.grants[call.params["RoleName"]] = call.params["PolicyDocument"]

    def writes_at(self, name: str, world: World) -> float | None:
        function = name.removeprefix(LAMBDA)
        role = self.roles.get(function, "")
        writes = world.now() < self.gone.get(function, world.now()) + LATE
        if not writes or "logs:CreateLogGroup" not in self.grants.get(role, ""):
            return None
        return world.now() + world.delay(0, 20)


class LastRequestsAreLogged(ComesBack):
    """API Gateway writes log lines some seconds after the deletion of a stage.

    The account's role may recreate the group.
    """

    ROW = "A35"
    OTHERS = frozenset({"DeleteStage"})

    def __init__(self) -> None:
        super().__init__()
        self.until: dict[str, float] = {}

    def notice(self, call: Call, world: World) -> None:
        group = f"API-Gateway-Execution-Logs_{call.params['restApiId']}/{call.params['stageName']}"
        self.until[group] = world.now() + world.delay(5, 25)

    def writes_at(self, name: str, world: World) -> float | None:
        until = self.until.get(name, 0.0)
        return world.now() + world.delay(0, until - world.now()) if until > world.now() else None


LAWS: tuple[type[Law], ...] = (
    MakingCollides,
    DeletingCollides,
    ArnsInTwoSpellings,
    LateLinesBringItBack,
    LastRequestsAreLogged,
)
