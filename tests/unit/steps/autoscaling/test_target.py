"""The scaling target: the contract, and a target whose table is already gone."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from provision.model.step import Step
from provision.plan.change import Action
from provision.steps.autoscaling.target import ScalingTarget
from tests.support.harness import Workshop, empty, new_aws, one_node
from tests.unit.steps.contract import StepContract

TARGET = ScalingTarget(
    resource="table/tap-dev-items",
    dimension="dynamodb:table:ReadCapacityUnits",
    minimum=5,
    maximum=100,
    tags={"team": "a"},
)


class TestScalingTarget(StepContract):
    edits: ClassVar = {
        "minimum": 10,
        "maximum": 50,
        "suspended": True,
        "tags": {"team": "b", "more": "c"},
    }
    fixed_edits: ClassVar = {
        "resource": "table/tap-dev-others",
        "dimension": "dynamodb:table:WriteCapacityUnits",
    }

    def given(self, aws: Any) -> Step:
        return TARGET


def test_scaling_switched_off_by_hand_is_switched_on_again(workshop: Workshop) -> None:
    workshop.run(one_node(TARGET), "up")
    new_aws().autoscaling.register_scalable_target(
        ServiceNamespace="dynamodb",
        ResourceId=TARGET.resource,
        ScalableDimension="dynamodb:table:ReadCapacityUnits",
        SuspendedState={"DynamicScalingOutSuspended": True},
    )
    finding = workshop.run(one_node(TARGET), "up").changes["it"]
    assert [diff.field for diff in finding.diffs] == ["suspended"]
    assert workshop.run(one_node(TARGET), "up").changes["it"].action is Action.KEEP


def test_removing_it_ends_when_it_is_no_longer_shown(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.run(one_node(TARGET), "up")
    aws = new_aws()
    describe, shown = aws.autoscaling.describe_scalable_targets, list[int]()
    before = describe(ServiceNamespace="dynamodb")

    def late(**asked: Any) -> Any:
        shown.append(1)
        return before if len(shown) < 4 else describe(**asked)

    monkeypatch.setattr(aws.autoscaling, "describe_scalable_targets", late)
    TARGET.delete(aws)
    assert len(shown) == 4


def test_it_is_removed_though_its_table_is_gone(workshop: Workshop) -> None:
    """The table of this test never existed, and `down` still finds the target (S7)."""
    workshop.run(one_node(TARGET), "up")
    workshop.run(empty(), "down")
    assert workshop.last.writes == ["DeregisterScalableTarget"]
    assert TARGET.observe(new_aws()) is None
