"""The laws of EventBridge Scheduler: a naive client fails under each, ours does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from provision.model.stack import Stack
from provision.steps.iam.role import Role
from provision.steps.iam_policy import as_text, trust
from provision.steps.scheduler.group import ScheduleGroup
from provision.steps.scheduler.schedule import Schedule
from tests.faults.aws_behaviours.conftest import Session, naive
from tests.faults.aws_behaviours.harness import patient, under
from tests.faults.aws_behaviours.rules import scheduler as laws
from tests.support.harness import empty
from tests.unit.steps.scheduler.test_schedule import SCHEDULE

SERVICE = "scheduler.amazonaws.com"
NAIVE: Any = {
    "Name": "naive",
    "ScheduleExpression": "rate(1 day)",
    "FlexibleTimeWindow": {"Mode": "OFF"},
}


def a_stack(schedule: Schedule = SCHEDULE) -> Stack:
    stack = empty()
    role = stack.add("role", lambda _: Role(name="scheduled", service=SERVICE, tags={}))
    group = stack.add("group", lambda _: ScheduleGroup(name="tap-dev", tags={}))
    stack.add(
        "schedule",
        lambda get: replace(schedule, group=get(group).name, role=get(role).arn),
        needs=[group, role],
    )
    return stack


@pytest.mark.parametrize("seed", [0, 1])
def test_e3_a_role_just_made_cannot_be_assumed_yet(
    court: Session, tmp_path: Path, seed: int
) -> None:
    held = court(laws.RoleSpreads(), seed=seed)
    role = naive(held, "iam").create_role(
        RoleName="naive", AssumeRolePolicyDocument=as_text(trust(SERVICE))
    )["Role"]["Arn"]
    with pytest.raises(ClientError, match="must allow AWS EventBridge Scheduler to assume"):
        naive(held, "scheduler").create_schedule(
            **NAIVE, Target={"Arn": SCHEDULE.target, "RoleArn": role}
        )
    shop, before = under(held, tmp_path), len(held.sent)
    shop.run(a_stack(), "up")
    patient(held.sent[before:])
    assert len(held.refused("E3")) > 1, "it was asked again"
    shop.run(a_stack(), "up")
    assert shop.last.writes == []
    shop.run(a_stack(), "down")


@pytest.mark.parametrize("seed", [0, 1])
def test_e2_a_group_keeps_its_name_until_it_is_gone(
    court: Session, tmp_path: Path, seed: int
) -> None:
    held = court(laws.GroupsGoSlowly(), seed=seed)
    client = naive(held, "scheduler")
    client.create_schedule_group(Name="naive")
    assert client.get_schedule_group(Name="naive")["State"] == "ACTIVE"
    client.delete_schedule_group(Name="naive")
    with pytest.raises(ClientError, match="already exists"):
        client.create_schedule_group(Name="naive")
    assert client.get_schedule_group(Name="naive")["State"] == "DELETING"
    shop = under(held, tmp_path)
    shop.run(a_stack(), "up")
    shop.run(a_stack(), "down")
    shop.run(a_stack(), "up")
    assert "CreateScheduleGroup" in shop.last.writes
    client.delete_schedule_group(Name="tap-dev")
    shop.run(a_stack(), "up")
    assert "CreateScheduleGroup" in shop.last.writes, "it waits until the other is gone"


def test_e5_a_schedule_just_changed_is_changed_later(court: Session, tmp_path: Path) -> None:
    held = court(laws.ChangesConflict())
    client, target = naive(held, "scheduler"), {"Arn": SCHEDULE.target, "RoleArn": SCHEDULE.role}
    client.create_schedule(**NAIVE, Target=target)
    with pytest.raises(ClientError, match="ConflictException"):
        client.delete_schedule(Name="naive")
    shop = under(held, tmp_path)
    shop.run(a_stack(), "up")
    shop.run(a_stack(replace(SCHEDULE, expression="rate(2 days)")), "up")
    shop.run(a_stack(), "down")
    patient(held.sent[-9:])
