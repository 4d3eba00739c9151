"""Laws of EventBridge Scheduler that the emulator lacks: new roles, slow groups, whole updates."""

from __future__ import annotations

from tests.faults.aws_behaviours.frame import Call, Law, Refusal, World
from tests.faults.aws_behaviours.wire import Answer


class RoleSpreads(Law):
    """A schedule with a role that was just made is refused for some seconds."""

    ROW = "E3"
    SERVICE = "scheduler"
    OPERATIONS = frozenset({"CreateSchedule", "UpdateSchedule"})

    def __init__(self) -> None:
        self.effective: dict[str, float] = {}

    def concerns(self, call: Call) -> bool:
        of_iam = call.service == "iam" and call.operation == "CreateRole"
        return of_iam or super().concerns(call)

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        role: str = call.params.get("Target", {}).get("RoleArn", "")
        if world.now() >= self.effective.get(role.rpartition("/")[2], 0):
            return None
        return Refusal(
            "ValidationException",
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the"
            " role.",
        )

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if call.service == "iam":
            self.effective[call.params["RoleName"]] = world.now() + world.delay(3, 30)


class GroupsGoSlowly(Law):
    """A deleted group is shown as DELETING, and its name is taken until it is gone."""

    ROW = "E2"
    SERVICE = "scheduler"
    OPERATIONS = frozenset(
        {"CreateScheduleGroup", "DeleteScheduleGroup", "GetScheduleGroup", "ListTagsForResource"}
    )

    def __init__(self) -> None:
        self.shown: dict[str, Answer] = {}
        self.until: dict[str, float] = {}

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        name: str = call.params.get("Name", "")
        if world.now() >= self.until.get(name, 0):
            return None
        if call.operation == "GetScheduleGroup":
            return {**self.shown[name], "State": "DELETING"}
        return Refusal("ConflictException", f"Schedule group {name} already exists.", 409)

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if call.operation == "GetScheduleGroup":
            self.shown[call.params["Name"]] = dict(answer)
        elif call.operation == "DeleteScheduleGroup" and call.params["Name"] in self.shown:
            self.until[call.params["Name"]] = world.now() + world.delay(5, 60)


class ChangesConflict(Law):
    """A schedule that was changed a moment ago cannot be changed again yet."""

    ROW = "E5"
    SERVICE = "scheduler"
    OPERATIONS = frozenset({"CreateSchedule", "UpdateSchedule", "DeleteSchedule"})

    def __init__(self) -> None:
        self.settled: dict[str, float] = {}

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        if call.operation == "CreateSchedule":
            return None
        if world.now() < self.settled.get(call.params["Name"], 0):
            return Refusal(
                "ConflictException", "Schedule is being modified by another request", 409
            )
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        self.settled[call.params["Name"]] = world.now() + world.delay(0.2, 2)


LAWS: tuple[type[Law], ...] = (RoleSpreads, GroupsGoSlowly, ChangesConflict)
