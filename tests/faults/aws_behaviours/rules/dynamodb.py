"""Laws of DynamoDB that the emulator lacks: changes take time, and few can be combined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.faults.aws_behaviours.cooldown import ByTurns, Resting
from tests.faults.aws_behaviours.frame import Call, Law, Lost, Refusal, World
from tests.faults.aws_behaviours.wire import Answer

HOUR = 3600.0


def table_of(params: Mapping[str, Any]) -> str:
    """Return the table's name; calls about tags give its ARN."""
    name: str = params.get("TableName") or params["ResourceArn"].rpartition("/")[2]
    return name


def in_use(name: str) -> Refusal:
    return Refusal(
        "ResourceInUseException",
        f"Attempt to change a resource which is still in use: Table is being updated: {name}",
    )


def not_found(name: str) -> Refusal:
    return Refusal(
        "ResourceNotFoundException", f"Requested resource not found: Table: {name} not found"
    )


class OneTable(Resting):
    """Refuses calls about each table for a while."""

    SERVICE = "dynamodb"

    def thing(self, call: Call) -> str:
        return table_of(call.params)


class NotVisibleAtOnce(OneTable):
    """A new table is not found for some seconds."""

    ROW = "D3"
    STARTS: ClassVar = {"CreateTable": (0.5, 8)}
    WAITS = frozenset({"DescribeTable"})

    def refusal(self, thing: str) -> Refusal:
        return not_found(thing)


class FoundByTurns(ByTurns, OneTable):
    """Later it is found and not found alternately, because replicas need not agree."""

    ROW = "D3"
    STARTS: ClassVar = {"CreateTable": (10, 20)}
    WAITS = frozenset({"DescribeTable"})

    def refusal(self, thing: str) -> Refusal:
        return not_found(thing)


class NothingWhileCreating(Law):
    """Until it is ACTIVE, a table accepts no settings, and the error resembles "not found"."""

    ROW = "D4"
    SERVICE = "dynamodb"

    def __init__(self) -> None:
        self.active: dict[str, tuple[float, float]] = {}

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        if not {"TableName", "ResourceArn"} & call.params.keys():
            return None
        name = table_of(call.params)
        made, active = self.active.get(name, (0.0, 0.0))
        if world.now() >= active:
            return None
        early = world.now() < (made + active) / 2
        match call.operation:
            case "UpdateTimeToLive" | "TagResource" | "UntagResource":
                return not_found(name) if early else in_use(name)
            case "UpdateContinuousBackups" | "DescribeContinuousBackups":
                if early:
                    return Refusal("TableNotFoundException", f"Table not found: {name}")
                return backups_unavailable(name)
            case "DescribeTimeToLive":  # (D14)
                return Refusal("ValidationException", f"Table {name} is being created")
            case "UpdateTable" | "DeleteTable":  # (D20)
                return in_use(name)
        return None

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        if call.operation == "CreateTable":
            made = world.now()
            self.active[table_of(call.params)] = (made, made + world.delay(2, 16))
            answer["TableDescription"]["TableStatus"] = "CREATING"
        if call.operation == "DescribeTable":
            _, active = self.active.get(table_of(call.params), (0.0, 0.0))
            if world.now() < active:
                answer["Table"]["TableStatus"] = "CREATING"
        return None


class OneConcernACall(Law):
    """Protection, class, encryption and warm throughput change alone; streams not with capacity."""

    ROW = "D5"
    SERVICE = "dynamodb"
    OPERATIONS = frozenset({"UpdateTable"})

    ALONE = ("DeletionProtectionEnabled", "TableClass", "SSESpecification", "WarmThroughput")

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        asked = call.params.keys() - {"TableName", "AttributeDefinitions"}
        for alone in self.ALONE:
            if alone in asked and len(asked) > 1:
                return _invalid(f"{alone} must be the only operation in the request")
        if {"StreamSpecification", "ProvisionedThroughput"} <= asked:
            return _invalid("StreamSpecification cannot be changed with ProvisionedThroughput")
        return None


class ActiveIsNotIdle(OneTable):
    """While tags or encryption change, a table is ACTIVE and cannot be deleted."""

    ROW = "D10"
    STARTS: ClassVar = {
        "TagResource": (1.5, 1.8),
        "UntagResource": (1.5, 1.8),
        "UpdateTable": (15, 30),
    }
    WAITS = frozenset({"DeleteTable"})

    def starts(self, call: Call) -> bool:
        changes = call.operation != "UpdateTable" or "SSESpecification" in call.params
        return changes and super().starts(call)

    def concerns(self, call: Call) -> bool:
        return super().concerns(call) or call.operation == "DescribeTable"

    def __init__(self) -> None:
        super().__init__()
        self.encrypted: dict[str, float] = {}
        """When the new encryption of each table is in place."""

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        super().after(call, answer, world)
        name = table_of(call.params)
        if call.operation == "UpdateTable" and self.starts(call):
            self.encrypted[name] = self.until[name]
        if call.operation == "DescribeTable" and world.now() < self.encrypted.get(name, 0):
            answer["Table"].setdefault("SSEDescription", {})["Status"] = "UPDATING"
        return None

    def refusal(self, thing: str) -> Refusal:
        return in_use(thing)


class TagsAreLocked(OneTable):
    """After a change of tags the next one is refused for a second or two."""

    ROW = "D11"
    STARTS: ClassVar = {"TagResource": (1.5, 1.8), "UntagResource": (1.5, 1.8)}
    WAITS = frozenset(STARTS)

    def refusal(self, thing: str) -> Refusal:
        return Refusal("LimitExceededException", "Table tags are being updated")


class ExpiryOnceAnHour(Law):
    """Expiry changes once in half an hour or an hour, and an equal setting is refused."""

    ROW = "D12"
    ALSO = frozenset({"D13"})
    SERVICE = "dynamodb"

    def __init__(self) -> None:
        self.attribute: dict[str, str | None] = {}
        self.until: dict[str, float] = {}

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        if call.operation != "UpdateTimeToLive":
            return None
        name, wanted = table_of(call.params), call.params["TimeToLiveSpecification"]
        now = self.attribute.get(name)
        if wanted["Enabled"] and now == wanted["AttributeName"]:
            return _invalid("TimeToLive is already enabled")
        if not wanted["Enabled"] and now is None:
            return _invalid("TimeToLive is already disabled")
        if now is not None and now != wanted["AttributeName"]:
            return _invalid(
                "TimeToLive is active on a different AttributeName: current AttributeName is " + now
            )
        if world.now() < self.until.get(name, 0):
            return _invalid("Time to live has been modified multiple times within a fixed interval")
        return None

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        if call.operation == "DeleteTable":
            self.attribute.pop(table_of(call.params), None)
            self.until.pop(table_of(call.params), None)
        if call.operation == "UpdateTimeToLive":
            name, wanted = table_of(call.params), call.params["TimeToLiveSpecification"]
            self.attribute[name] = wanted["AttributeName"] if wanted["Enabled"] else None
            self.until[name] = world.now() + world.delay(HOUR / 2, HOUR)
        if call.operation == "DescribeTimeToLive":
            self._still_changing(table_of(call.params), answer["TimeToLiveDescription"], world)
        return None

    def _still_changing(self, name: str, shown: dict[str, Any], world: World) -> None:
        if name in self.attribute and world.now() < self.until[name]:
            status = "DISABLING" if self.attribute[name] is None else "ENABLING"
            shown["TimeToLiveStatus"] = status


class BackupsComeLate(OneTable):
    """Backups of a new table become available some seconds or minutes after it is ACTIVE."""

    ROW = "D15"
    STARTS: ClassVar = {"CreateTable": (4, 180)}
    WAITS = frozenset({"UpdateContinuousBackups"})

    def refusal(self, thing: str) -> Refusal:
        return backups_unavailable(thing)


class NoExpiryWhileRecoveryComes(OneTable):
    """Right after recovery is switched on, expiry is refused."""

    ROW = "D16"
    STARTS: ClassVar = {"UpdateContinuousBackups": (1, 60)}
    WAITS = frozenset({"UpdateTimeToLive"})

    def refusal(self, thing: str) -> Refusal:
        return _invalid(f"Backups are being enabled for the table: {thing}. Please retry later")


class ProtectionRestsBetweenToggles(OneTable):
    """Protection can be switched once in 15 s."""

    ROW = "D19"
    STARTS: ClassVar = {"UpdateTable": (15, 15)}
    WAITS = frozenset({"UpdateTable"})

    def concerns(self, call: Call) -> bool:
        return super().concerns(call) and "DeletionProtectionEnabled" in call.params

    def refusal(self, thing: str) -> Refusal:
        until = self.until[thing]
        return Refusal(
            "ThrottlingException",
            "Deletion protection was changed moments ago. Please try again after"
            f" 2026-10-01T00:{until % 3600 // 60:02.0f}:{until % 60:02.0f}Z",
        )


class DeletingTakesAWhile(Law):
    """A deleted table is DELETING for some seconds, and its name remains in use."""

    ROW = "D20"
    SERVICE = "dynamodb"
    OPERATIONS = frozenset({"CreateTable", "DeleteTable", "DescribeTable"})

    def __init__(self) -> None:
        self.going: dict[str, tuple[float, Answer]] = {}

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        name = table_of(call.params)
        gone, shown = self.going.get(name, (0.0, {}))
        if world.now() >= gone:
            return None
        match call.operation:
            case "CreateTable":
                return Refusal("ResourceInUseException", f"Table is being deleted: {name}")
            case "DeleteTable":
                return {"TableDescription": shown}
        return {"Table": shown}

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        if call.operation == "DeleteTable":
            shown = answer["TableDescription"]
            shown["TableStatus"] = "DELETING"
            gone = world.now() + world.delay(2, 20)
            self.going[table_of(call.params)] = (gone, dict(shown))
        return None


def backups_unavailable(name: str) -> Refusal:
    return Refusal(
        "ContinuousBackupsUnavailableException",
        f"Backups are being enabled for the table: {name}. Please retry later",
    )


def _invalid(text: str) -> Refusal:
    return Refusal("ValidationException", text)


class RecoveryHasAWindow(Law):
    """The days of point-in-time recovery are a setting of their own next to the switch."""

    ROW = "D24"
    SERVICE = "dynamodb"
    OPERATIONS = frozenset({"UpdateContinuousBackups", "DescribeContinuousBackups"})
    LONGEST = 35

    def __init__(self) -> None:
        self.days: dict[str, int] = {}

    def after(self, call: Call, answer: Answer, world: World) -> None:
        name = call.params["TableName"]
        if call.operation == "UpdateContinuousBackups":
            asked = call.params["PointInTimeRecoverySpecification"]
            self.days[name] = asked.get("RecoveryPeriodInDays", self.LONGEST)
        found = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        if found["PointInTimeRecoveryStatus"] == "ENABLED":
            found["RecoveryPeriodInDays"] = self.days.get(name, self.LONGEST)


class WarmthRises(Law):
    """A table's warm throughput is always shown, and rises by itself."""

    ROW = "D26"
    SERVICE = "dynamodb"
    OPERATIONS = frozenset({"CreateTable", "DescribeTable", "UpdateTable"})

    def __init__(self) -> None:
        self.units = 12_000

    def after(self, call: Call, answer: Answer, world: World) -> None:
        self.units += 1
        shown = answer.get("Table") or answer.get("TableDescription") or {}
        warm = {"ReadUnitsPerSecond": self.units, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"}
        shown["WarmThroughput"] = warm


class UpdatesTakeAWhile(OneTable):
    """A table is UPDATING after the answer, and accepts no other update in the meantime."""

    ROW = "D28"
    STARTS: ClassVar = {"UpdateTable": (2, 20)}
    WAITS = frozenset({"UpdateTable"})

    def __init__(self) -> None:
        super().__init__()
        self.done = self.until

    def concerns(self, call: Call) -> bool:
        return super().concerns(call) or call.operation == "DescribeTable"

    def refusal(self, thing: str) -> Refusal:
        return in_use(thing)

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        super().after(call, answer, world)
        if call.operation == "DescribeTable" and world.now() < self.until.get(self.thing(call), 0):
            answer["Table"]["TableStatus"] = "UPDATING"
        return None


class BackupsTakeAWhile(Law):
    """A backup is CREATING at first; AWS does not document its fate without the table."""

    ROW = "D27"
    SERVICE = "dynamodb"
    OPERATIONS = frozenset({"CreateBackup", "DescribeBackup", "DeleteTable"})

    def __init__(self) -> None:
        self.complete: dict[str, tuple[str, float]] = {}
        self.early: list[str] = []
        """Tables that were deleted before their backups were complete."""

    def before(self, call: Call, world: World) -> None:
        if call.operation == "DeleteTable":
            name = table_of(call.params)
            still = any(table == name and world.now() < at for table, at in self.complete.values())
            self.early += [name] if still else []

    def after(self, call: Call, answer: Answer, world: World) -> None:
        match call.operation:
            case "CreateBackup":
                shown = answer["BackupDetails"]
                at = world.now() + world.delay(5, 60)
                self.complete[shown["BackupArn"]] = (table_of(call.params), at)
            case "DescribeBackup":
                shown = answer["BackupDescription"]["BackupDetails"]
            case _:
                return
        if world.now() < self.complete.get(shown["BackupArn"], ("", 0.0))[1]:
            shown["BackupStatus"] = "CREATING"


class OnDemandFourTimesADay(Law):
    """A table becomes on-demand at most four times in 24 hours."""

    ROW = "D35"
    SERVICE = "dynamodb"
    OPERATIONS = frozenset({"UpdateTable"})
    MOST = 4

    def __init__(self) -> None:
        self.changes: dict[str, list[float]] = {}

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        if call.params.get("BillingMode") != "PAY_PER_REQUEST":
            return None
        recent = self._recent(table_of(call.params), world)
        if len(recent) < self.MOST:
            return None
        return Refusal(
            "LimitExceededException",
            "Subscriber limit exceeded: Update to PayPerRequest mode are limited to 4 in 1 day(s). "
            "Last update at Sat Feb 23 03:07:45 UTC 2019. "
            "Next update can be made at Sun Feb 24 03:07:45 UTC 2019",
        )

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        if call.params.get("BillingMode") == "PAY_PER_REQUEST":
            self._recent(table_of(call.params), world).append(world.now())
        return None

    def _recent(self, name: str, world: World) -> list[float]:
        """Return the times of the changes that still count, as a list to be added to."""
        found = [at for at in self.changes.get(name, []) if at > world.now() - 24 * HOUR]
        self.changes[name] = found
        return found


LAWS: tuple[type[Law], ...] = (
    OnDemandFourTimesADay,
    RecoveryHasAWindow,
    WarmthRises,
    NotVisibleAtOnce,
    FoundByTurns,
    NothingWhileCreating,
    OneConcernACall,
    ActiveIsNotIdle,
    TagsAreLocked,
    ExpiryOnceAnHour,
    BackupsComeLate,
    NoExpiryWhileRecoveryComes,
    ProtectionRestsBetweenToggles,
    DeletingTakesAWhile,
    BackupsTakeAWhile,
    UpdatesTakeAWhile,
)
