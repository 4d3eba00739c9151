"""The schedule: the contract, and what it never has."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest

from provision.plan.change import Action
from provision.steps.scheduler.group import ScheduleGroup
from provision.steps.scheduler.schedule import Schedule, canonical_payload
from tests.support.harness import Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:tap-dev-items"
ROLE = "arn:aws:iam::123456789012:role/tap-dev-us-east-1-items-schedules"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:tap-dev-items-dead-letters"
SCHEDULE = Schedule(
    group="tap-dev",
    name="items.nightly",
    expression="cron(0 3 * * ? *)",
    timezone="Europe/Berlin",
    payload=canonical_payload({"job": "tidy"}),
    target=f"{FUNCTION}:live",
    role=ROLE,
    dead_letters=QUEUE,
    max_age=3600,
)


def two_groups() -> None:
    for name in ("tap-dev", "tap-other"):
        ScheduleGroup(name=name, tags={}).with_owner("tap-dev/schedules").create(new_aws())


class TestSchedule(StepContract):
    parents_owner = "tap-dev/schedules"
    edits: ClassVar = {
        "expression": "rate(5 minutes)",
        "timezone": "UTC",
        "payload": canonical_payload({}),
        "target": f"{FUNCTION}:next",
        "role": f"{ROLE}-2",
        "dead_letters": f"{QUEUE}-2",
        "max_age": 60,
    }
    drift_only = frozenset({"attempts", "enabled", "strays"})
    fixed_edits: ClassVar = {"group": "tap-other", "name": "items.hourly"}
    unsaid: ClassVar = {
        "max_age": (86_400,),
        "attempts": (185,),
        "timezone": ("UTC",),
        "enabled": (True,),
    }

    def given(self, aws: Any) -> Schedule:
        two_groups()
        return SCHEDULE


def theirs(**changes: Any) -> None:
    """Update the schedule as another party would, who sends all that it has."""
    client = new_aws().scheduler
    found: dict[str, Any] = dict(client.get_schedule(GroupName="tap-dev", Name=SCHEDULE.name))
    kept = "GroupName Name ScheduleExpression ScheduleExpressionTimezone FlexibleTimeWindow Target"
    client.update_schedule(**{name: found[name] for name in kept.split()} | changes)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"State": "DISABLED"}, "enabled"),
        ({"ScheduleExpression": "rate(1 day)"}, "expression"),
        ({"ScheduleExpressionTimezone": "UTC"}, "timezone"),
        ({"Description": "mine"}, "strays"),
        ({"ActionAfterCompletion": "DELETE"}, "strays"),
        ({"EndDate": datetime(2030, 1, 1, tzinfo=UTC)}, "strays"),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5}}, "strays"),
    ],
)
def test_what_others_change_is_put_back(
    workshop: Workshop, changes: dict[str, Any], field: str
) -> None:
    two_groups()
    workshop.run(one_node(SCHEDULE), "up")
    theirs(**changes)
    finding = workshop.run(one_node(SCHEDULE), "up").changes["it"]
    assert [diff.field for diff in finding.diffs] == [field]
    assert workshop.last.writes == ["UpdateSchedule"]
    assert workshop.run(one_node(SCHEDULE), "up").changes["it"].action is Action.KEEP


def test_an_event_that_differs_only_in_form_does_not_differ(workshop: Workshop) -> None:
    two_groups()
    workshop.run(one_node(SCHEDULE), "up")
    found = new_aws().scheduler.get_schedule(GroupName="tap-dev", Name=SCHEDULE.name)
    target: Any = {**found["Target"], "Input": '{ "job" :\n"tidy" }'}
    theirs(Target=target)
    assert workshop.run(one_node(SCHEDULE), "plan").changes["it"].action is Action.KEEP
    theirs(Target={**target, "Input": "no JSON"})
    assert workshop.run(one_node(SCHEDULE), "plan").changes["it"].action is Action.UPDATE


def test_it_is_gone_with_its_group(workshop: Workshop) -> None:
    assert SCHEDULE.observe(new_aws()) is None
    SCHEDULE.delete(new_aws())
    assert SCHEDULE.parent_owner(new_aws()) is None
