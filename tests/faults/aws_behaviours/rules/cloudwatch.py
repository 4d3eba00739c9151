"""Laws of CloudWatch that the emulator lacks: ignored tags, omitted defaults, and warnings."""

from __future__ import annotations

from typing import Any

from tests.faults.aws_behaviours.frame import Call, Law, Lost, Refusal, World
from tests.faults.aws_behaviours.wire import Answer


class TagsOnlyAtFirst(Law):
    """A second put of the same resource ignores its tags."""

    SERVICE = "cloudwatch"
    PUT: str
    DELETE: str
    NAME: str
    NAMES: str
    KIND: str

    def __init__(self) -> None:
        self.tags: dict[str, dict[str, str]] = {}

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        if call.operation == self.PUT:
            self.tags.setdefault(call.params[self.NAME], _tags(call))
        elif call.operation == self.DELETE:
            for name in call.params[self.NAMES]:
                self.tags.pop(name, None)
        elif self.KIND in call.params.get("ResourceARN", ""):
            self._of_tags(call, call.params["ResourceARN"].rpartition(self.KIND)[2], answer)
        return None

    def _of_tags(self, call: Call, name: str, answer: Answer) -> None:
        have = self.tags.get(name, {})
        match call.operation:
            case "TagResource":
                have.update(_tags(call))
            case "UntagResource":
                for key in call.params["TagKeys"]:
                    have.pop(key, None)
            case "ListTagsForResource" if name in self.tags:
                answer["Tags"] = [{"Key": key, "Value": value} for key, value in have.items()]


class AlarmTagsOnlyAtFirst(TagsOnlyAtFirst):
    """A second put of an alarm ignores its tags."""

    ROW = "W1"
    PUT, DELETE, NAME, NAMES = "PutMetricAlarm", "DeleteAlarms", "AlarmName", "AlarmNames"
    KIND = ":alarm:"


class DashboardTagsOnlyAtFirst(TagsOnlyAtFirst):
    """A second put of a dashboard ignores its tags."""

    ROW = "W4"
    PUT, DELETE, NAME, NAMES = (
        "PutDashboard",
        "DeleteDashboards",
        "DashboardName",
        "DashboardNames",
    )
    KIND = ":dashboard/"


class DefaultsAreLeftOut(Law):
    """An alarm's defaults are not shown, and dimensions come in any order."""

    ROW = "W2"
    SERVICE = "cloudwatch"
    OPERATIONS = frozenset({"DescribeAlarms"})

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        for alarm in answer.get("MetricAlarms", []):
            if alarm.get("TreatMissingData") == "missing":
                del alarm["TreatMissingData"]
            if alarm.get("DatapointsToAlarm") == alarm["EvaluationPeriods"]:
                del alarm["DatapointsToAlarm"]
            world.random.shuffle(alarm.get("Dimensions", []))
        return None


class NoneOfThatName(Law):
    """Deleting an unknown alarm or dashboard is an error, with CloudWatch's own code."""

    ROW = "W3"
    SERVICE = "cloudwatch"

    NAMES = ("AlarmName", "DashboardName")

    def __init__(self) -> None:
        self.known: set[str] = set()

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        if call.operation in {"DeleteAlarms", "DeleteDashboards"}:
            asked = _deleted(call)
            if not self.known & asked:
                return Refusal(
                    "ResourceNotFound", f"{', '.join(sorted(asked))} does not exist", 404
                )
        return None

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        if call.operation in {"DeleteAlarms", "DeleteDashboards"}:
            self.known -= _deleted(call)
        elif call.operation in {"PutMetricAlarm", "PutDashboard"}:
            self.known |= {call.params[name] for name in self.NAMES if name in call.params}
        return None


class RemarksAreNoErrors(Law):
    """A dashboard with an error in it is accepted, with a warning."""

    ROW = "W4"
    SERVICE = "cloudwatch"
    OPERATIONS = frozenset({"PutDashboard"})

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        answer["DashboardValidationMessages"] = [
            {"DataPath": "/widgets/0", "Message": "Unexpected property"}
        ]
        return None


def _tags(call: Call) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in call.params.get("Tags", [])}


def _deleted(call: Call) -> set[str]:
    params: dict[str, Any] = dict(call.params)
    return set(params.get("AlarmNames", []) or params.get("DashboardNames", []))


LAWS: tuple[type[Law], ...] = (
    AlarmTagsOnlyAtFirst,
    DashboardTagsOnlyAtFirst,
    DefaultsAreLeftOut,
    NoneOfThatName,
    RemarksAreNoErrors,
)
