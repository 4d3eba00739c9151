"""Laws of Application Auto Scaling that the emulator lacks: own actions, and delays."""

from __future__ import annotations

import copy
from typing import Any, ClassVar

from tests.faults.aws_behaviours.cooldown import Resting
from tests.faults.aws_behaviours.frame import Call, Law, Lost, Refusal, World
from tests.faults.aws_behaviours.rules.dynamodb import in_use, table_of
from tests.faults.aws_behaviours.wire import Answer

SERVICE = "application-autoscaling"
WRITES = frozenset(
    {
        "RegisterScalableTarget",
        "DeregisterScalableTarget",
        "PutScalingPolicy",
        "DeleteScalingPolicy",
    }
)


def target_of(call: Call) -> str:
    """Return resource and dimension, as calls about one target give them."""
    resource = call.params.get("ResourceId") or next(iter(call.params.get("ResourceIds", [])), "")
    return f"{resource} {call.params.get('ScalableDimension')}"


class TargetNotVisibleAtOnce(Resting):
    """A new target is not shown for some seconds."""

    ROW = "S1"
    SERVICE = SERVICE
    STARTS: ClassVar = {"RegisterScalableTarget": (0.5, 6)}
    WAITS = frozenset({"DescribeScalableTargets"})

    def thing(self, call: Call) -> str:
        return target_of(call)

    def starts(self, call: Call) -> bool:
        return super().starts(call) and target_of(call) not in self.until

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        return {"ScalableTargets": []} if super().before(call, world) else None

    def refusal(self, thing: str) -> Refusal:
        return Refusal("ObjectNotFoundException", thing)


class OwnRoleComesWithTheFirst(Law):
    """AWS creates its own role with an account's first target, and cannot use it at once."""

    ROW = "S2"
    SERVICE = SERVICE
    OPERATIONS = frozenset({"RegisterScalableTarget"})

    def __init__(self) -> None:
        self.usable: float | None = None

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        if self.usable is None:
            self.usable = world.now() + world.delay(1, 60)
        if world.now() < self.usable:
            return Refusal(
                "ValidationException",
                "Unable to assume IAM role: AWSServiceRoleForApplicationAutoScaling_DynamoDBTable",
            )
        return None


class MovesTheTableItself(Law):
    """Bounds that exclude a table's capacity make AWS update the table, for half a minute."""

    ROW = "S3"
    SERVICE = SERVICE
    DYNAMODB = frozenset(
        {"CreateTable", "DescribeTable", "UpdateTable", "DeleteTable", "TagResource"}
    )

    def __init__(self) -> None:
        self.capacity: dict[str, dict[str, int]] = {}
        self.moving: dict[str, tuple[float, float]] = {}

    def concerns(self, call: Call) -> bool:
        if call.service == "dynamodb":
            return call.operation in self.DYNAMODB
        return call.service == SERVICE and call.operation == "RegisterScalableTarget"

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        writes = {"UpdateTable", "DeleteTable", "TagResource"}
        if call.operation in writes and self._moves(table_of(call.params), world):
            return in_use(table_of(call.params))
        return None

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        match call.operation:
            case "RegisterScalableTarget":
                self._move(call, world)
            case "CreateTable":
                given = call.params.get("ProvisionedThroughput", {})
                self.capacity[table_of(call.params)] = dict(given)
            case "DescribeTable":
                name = table_of(call.params)
                if self._moves(name, world):
                    answer["Table"]["TableStatus"] = "UPDATING"
                elif name in self.capacity:
                    answer["Table"]["ProvisionedThroughput"].update(self.capacity[name])
        return None

    def _move(self, call: Call, world: World) -> None:
        name = call.params["ResourceId"].partition("/")[2]
        units = call.params["ScalableDimension"].rpartition(":")[2]
        capacity = self.capacity.get(name, {})
        now = capacity.get(units, 0)
        wanted = min(max(now, call.params["MinCapacity"]), call.params["MaxCapacity"])
        if capacity and wanted != now:
            capacity[units] = wanted
            begins = world.now() + world.delay(0, 4)
            self.moving[name] = (begins, begins + world.delay(20, 40))

    def _moves(self, name: str, world: World) -> bool:
        begins, ends = self.moving.get(name, (0.0, 0.0))
        return begins <= world.now() < ends


class PolicyNeedsTheTargetSeen(Resting):
    """Right after a target's registration, a policy for it is refused as if there were none."""

    ROW = "S4"
    SERVICE = SERVICE
    STARTS: ClassVar = {"RegisterScalableTarget": (0.5, 10)}
    WAITS = frozenset({"PutScalingPolicy"})

    def thing(self, call: Call) -> str:
        return target_of(call)

    def refusal(self, thing: str) -> Refusal:
        resource, _, dimension = thing.partition(" ")
        return Refusal(
            "ObjectNotFoundException",
            "No scalable target registered for service namespace: dynamodb, resource ID: "
            f"{resource}, scalable dimension: {dimension}",
        )


class CloudWatchIsAskedInOurName(Law):
    """It calls CloudWatch for us, and returns its throttling as an error, even to reads."""

    ROW = "S4"
    SERVICE = SERVICE
    OPERATIONS = frozenset({"PutScalingPolicy", "DescribeScalingPolicies"})

    def __init__(self) -> None:
        self.busy_until: float | None = None

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        if self.busy_until is None:
            self.busy_until = world.now() + world.delay(0.5, 20)
        if world.now() < self.busy_until:
            return Refusal("FailedResourceAccessException", "Rate exceeded")
        return None


class OneWriteAtATime(Resting):
    """Two concurrent writes about one resource conflict."""

    ROW = "S5"
    SERVICE = SERVICE
    STARTS: ClassVar = dict.fromkeys(WRITES, (0.1, 0.6))
    WAITS = WRITES

    def thing(self, call: Call) -> str:
        resource: str = call.params["ResourceId"]
        return resource

    def refusal(self, thing: str) -> Refusal:
        return Refusal(
            "ConcurrentUpdateException",
            "You already have a pending update to an Auto Scaling resource.",
        )


class TargetsLinger(Law):
    """A deregistered target is still shown for a while."""

    ROW = "S7"
    SERVICE = SERVICE

    def __init__(self) -> None:
        self.shown: dict[str, Any] = {}
        self.until: dict[str, float] = {}

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        target = target_of(call)
        lingers = world.now() < self.until.get(target, 0) and target in self.shown
        if call.operation == "DescribeScalableTargets" and lingers:
            return {"ScalableTargets": [self.shown[target]]}
        return None

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        target = target_of(call)
        match call.operation:
            case "DescribeScalableTargets" if answer["ScalableTargets"]:
                self.shown[target] = copy.deepcopy(answer["ScalableTargets"][0])
            case "DeregisterScalableTarget":
                self.until[target] = world.now() + world.delay(1, 120)
            case "RegisterScalableTarget":
                self.until.pop(target, None)
        return None


LAWS: tuple[type[Law], ...] = (
    TargetNotVisibleAtOnce,
    OwnRoleComesWithTheFirst,
    MovesTheTableItself,
    PolicyNeedsTheTargetSeen,
    CloudWatchIsAskedInOurName,
    OneWriteAtATime,
    TargetsLinger,
)
