"""Drift of schedules and their group, by another client's calls to EventBridge Scheduler."""

from __future__ import annotations

from typing import Any, Final

from provision.aws.client import Aws
from provision.model.step import OWNER
from provision.steps.scheduler.group import ScheduleGroup
from provision.steps.scheduler.schedule import Schedule
from tests.conformance.drift.case import GONE, Case
from tests.conformance.drift.edits import NEVER_CHANGES, STRAY, role_of_theirs

_SENT: Final = (
    "GroupName Name ScheduleExpression ScheduleExpressionTimezone FlexibleTimeWindow State Target"
)


def _update(aws: Aws, it: Schedule, **changes: Any) -> None:
    """Update the schedule as a client does that sends back all that it has read."""
    found: dict[str, Any] = dict(aws.scheduler.get_schedule(GroupName=it.group, Name=it.name))
    aws.scheduler.update_schedule(**{name: found[name] for name in _SENT.split()} | changes)


def _retarget(aws: Aws, it: Schedule, **changes: Any) -> None:
    found = aws.scheduler.get_schedule(GroupName=it.group, Name=it.name)
    _update(aws, it, Target={**found["Target"], **changes})


def _retry(aws: Aws, it: Schedule, **changes: int) -> None:
    target = aws.scheduler.get_schedule(GroupName=it.group, Name=it.name)["Target"]
    _retarget(aws, it, RetryPolicy={**target["RetryPolicy"], **changes})


def other_times(aws: Aws, it: Schedule) -> None:
    """UpdateSchedule: every day, `rate(1 day)`"""
    _update(aws, it, ScheduleExpression="rate(1 day)")


def other_zone(aws: Aws, it: Schedule) -> None:
    """UpdateSchedule: another time zone"""
    _update(aws, it, ScheduleExpressionTimezone="Asia/Tokyo")


def other_event(aws: Aws, it: Schedule) -> None:
    """UpdateSchedule: another event"""
    _retarget(aws, it, Input='{"job": "theirs"}')


def other_target(aws: Aws, it: Schedule) -> None:
    """UpdateSchedule: another function"""
    _retarget(aws, it, Arn=aws.location.arn("lambda", "function:theirs"))


def other_role(aws: Aws, it: Schedule) -> None:
    """UpdateSchedule: a role of theirs"""
    _retarget(aws, it, RoleArn=role_of_theirs(aws, "scheduler.amazonaws.com"))


def other_letters(aws: Aws, it: Schedule) -> None:
    """UpdateSchedule: another dead-letter queue"""
    _retarget(aws, it, DeadLetterConfig={"Arn": aws.location.arn("sqs", "theirs")})


def give_up(aws: Aws, it: Schedule) -> None:
    """UpdateSchedule: no attempt after the first"""
    _retry(aws, it, MaximumRetryAttempts=0)


def last_a_minute(aws: Aws, it: Schedule) -> None:
    """UpdateSchedule: an event is tried for a minute"""
    _retry(aws, it, MaximumEventAgeInSeconds=60)


def switch_off(aws: Aws, it: Schedule) -> None:
    """UpdateSchedule: disabled"""
    _update(aws, it, State="DISABLED")


def loosen(aws: Aws, it: Schedule) -> None:
    """UpdateSchedule: within a quarter of an hour"""
    window: Any = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    _update(aws, it, FlexibleTimeWindow=window)


def delete(aws: Aws, it: Schedule) -> None:
    """DeleteSchedule"""
    aws.scheduler.delete_schedule(GroupName=it.group, Name=it.name)


def tag(aws: Aws, it: ScheduleGroup) -> None:
    """TagResource: a tag more"""
    aws.scheduler.tag_resource(ResourceArn=it.arn, Tags=[{"Key": STRAY, "Value": "theirs"}])


def disown(aws: Aws, it: ScheduleGroup) -> None:
    """UntagResource: the owner tag"""
    aws.scheduler.untag_resource(ResourceArn=it.arn, TagKeys=[OWNER])


def delete_group(aws: Aws, it: ScheduleGroup) -> None:
    """DeleteScheduleGroup"""
    aws.scheduler.delete_schedule_group(Name=it.name)


_IT: Final = "function.items.on.nightly"
CASES: Final[tuple[Case, ...]] = (
    Case("schedules", "tags", tag),
    Case("schedules", "tags", disown, others=True, blocks=(_IT,)),
    Case("schedules", GONE, delete_group, follows=(f"{_IT} {GONE}",), alone=True),
    Case(_IT, "expression", other_times),
    Case(_IT, "timezone", other_zone),
    Case(_IT, "payload", other_event),
    Case(_IT, "target", other_target),
    Case(_IT, "role", other_role),
    Case(_IT, "dead_letters", other_letters),
    Case(_IT, "attempts", give_up),
    Case(_IT, "max_age", last_a_minute),
    Case(_IT, "enabled", switch_off),
    Case(_IT, "strays", loosen),
    Case(_IT, GONE, delete, alone=True),
)

REASONS: Final[dict[str, dict[str, str]]] = {
    "scheduler.group": {"name": NEVER_CHANGES},
    "scheduler.schedule": {"group": NEVER_CHANGES, "name": NEVER_CHANGES},
}
"""Kind and field → why AWS has no call to change it."""
