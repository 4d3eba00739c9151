"""The schedule: when EventBridge Scheduler invokes a function's alias, and with which event."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Self

from provision.aws.client import Aws
from provision.model import iam
from provision.model.capabilities import HasParent
from provision.model.risks import Impact, Risk, Risks, disabled
from provision.model.step import Fixed
from provision.steps.not_found import found_or_none, ignore_not_found
from provision.steps.scheduler.group import owner_of_group

if TYPE_CHECKING:
    from mypy_boto3_scheduler.type_defs import (
        CreateScheduleInputTypeDef,
        GetScheduleOutputTypeDef,
        TargetOutputTypeDef,
    )

ATTEMPTS: Final = 185
"""Further attempts of handing an event to Lambda: AWS's default, and the most."""
_SCHEDULE: Final = iam.arn("scheduler", "schedule/{group}/{name}")
_TO_SCHEDULER: Final = iam.Condition(
    "StringEquals", "iam:PassedToService", "scheduler.amazonaws.com"
)
_UNSET: Final[Mapping[str, object]] = {
    "ActionAfterCompletion": "NONE",
    "Description": "",
    "EndDate": None,
    "KmsKeyArn": None,
    "StartDate": None,
}
"""The settings that are never wanted, and the values that AWS gives them without a wish."""
_OURS: Final = frozenset({"Arn", "DeadLetterConfig", "Input", "RetryPolicy", "RoleArn"})
"""The settings of a target that have a field of their own."""


@dataclass(frozen=True, kw_only=True)
class Schedule(HasParent):
    """A schedule of a group that invokes a function asynchronously, by an alias.

    `expression`: `cron(…)`, `rate(…)` or `at(…)`, read in the `timezone`. `payload`: the event, as
    JSON. `target`, `role` and `dead_letters` are ARNs: of the alias, of the role that may invoke
    it, and of the queue that receives what could not be handed over. `max_age`: for how many
    seconds that is tried. `strays`: settings that are never wanted, as text.

    https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
    """

    KIND = "scheduler.schedule"
    IDENTITY = ("group", "name")
    RISKS = Risks(
        gone=(Risk(Impact.DOWNTIME, "what it should have started meanwhile did not run"),),
        update={
            "enabled": (Risk(Impact.DOWNTIME, "it starts the function no longer", when=disabled),)
        },
        delete=(Risk(Impact.DOWNTIME, "it starts the function no longer"),),
        downtime="an event that is due meanwhile does not come",
    )
    API_CALLS = iam.ApiCalls(
        read=iam.calls("scheduler", _SCHEDULE, "GetSchedule"),
        write=(
            iam.call(
                "scheduler.CreateSchedule",
                iam.Permission("scheduler:CreateSchedule", (_SCHEDULE,)),
                iam.Permission("iam:PassRole", ("{role}",), (_TO_SCHEDULER,)),
            ),
            iam.call(
                "scheduler.UpdateSchedule",
                iam.Permission("scheduler:UpdateSchedule", (_SCHEDULE,)),
                iam.Permission("iam:PassRole", ("{role}",), (_TO_SCHEDULER,)),
            ),
        ),
        delete=iam.calls("scheduler", _SCHEDULE, "DeleteSchedule"),
    )

    group: Fixed[str]
    name: Fixed[str]
    expression: str
    timezone: str
    payload: str
    target: str
    role: str
    dead_letters: str
    max_age: int
    attempts: int = ATTEMPTS
    enabled: bool = True
    strays: dict[str, str] = field(default_factory=dict)

    def parent_owner(self, aws: Aws) -> str | None:
        return owner_of_group(aws, self.group)

    def observe(self, aws: Aws) -> Self | None:
        found = found_or_none(
            lambda: aws.scheduler.get_schedule(GroupName=self.group, Name=self.name)
        )
        if found is None:
            return None
        target = found["Target"]
        retries = target.get("RetryPolicy", {})
        return replace(
            self,
            expression=found["ScheduleExpression"],
            timezone=found.get("ScheduleExpressionTimezone", "UTC"),
            payload=_payload(target.get("Input", "")),
            target=target["Arn"],
            role=target["RoleArn"],
            dead_letters=target.get("DeadLetterConfig", {}).get("Arn", ""),
            max_age=retries.get("MaximumEventAgeInSeconds", 86_400),
            attempts=retries.get("MaximumRetryAttempts", ATTEMPTS),
            enabled=found.get("State", "ENABLED") == "ENABLED",
            strays=_strays(found, target),
        )

    def create(self, aws: Aws) -> Self:
        aws.scheduler.create_schedule(**self._request())
        return self

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:  # noqa: ARG002  (one call sets all)
        """Set everything in one call: what it leaves out gets AWS's default (E4)."""
        aws.scheduler.update_schedule(**self._request())
        return self

    def delete(self, aws: Aws) -> None:
        with ignore_not_found():
            aws.scheduler.delete_schedule(GroupName=self.group, Name=self.name)

    def _request(self) -> CreateScheduleInputTypeDef:
        return {
            "GroupName": self.group,
            "Name": self.name,
            "ScheduleExpression": self.expression,
            "ScheduleExpressionTimezone": self.timezone,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "State": "ENABLED" if self.enabled else "DISABLED",
            "Target": {
                "Arn": self.target,
                "RoleArn": self.role,
                "Input": self.payload,
                "DeadLetterConfig": {"Arn": self.dead_letters},
                "RetryPolicy": {
                    "MaximumEventAgeInSeconds": self.max_age,
                    "MaximumRetryAttempts": self.attempts,
                },
            },
        }


def canonical_payload(event: object) -> str:
    """Return the event as JSON with sorted keys."""
    return json.dumps(event, sort_keys=True, ensure_ascii=False)


def _payload(shown: str) -> str:
    """Return what AWS shows in the same form; text that is no JSON as it is."""
    try:
        return canonical_payload(json.loads(shown))
    except ValueError:
        return shown


def _strays(found: GetScheduleOutputTypeDef, target: TargetOutputTypeDef) -> dict[str, str]:
    """Return the settings that are never wanted, also those that this version does not know."""
    shown: Mapping[str, Any] = dict(found)
    strays = {
        name: str(shown[name])
        for name, usual in _UNSET.items()
        if shown.get(name, usual) not in (usual, None, "")
    }
    window = found.get("FlexibleTimeWindow", {})
    if window.get("Mode", "OFF") != "OFF":
        strays["FlexibleTimeWindow"] = f"{window.get('MaximumWindowInMinutes')} minutes"
    return strays | {name: str(value) for name, value in target.items() if name not in _OURS}
