"""Auto scaling's laws: a naive client fails under each, our target and policy do not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from provision.model.stack import Stack
from provision.steps.autoscaling.policy import ScalingPolicy
from provision.steps.autoscaling.target import ScalingTarget
from provision.steps.dynamodb.table import Table
from tests.faults.aws_behaviours.conftest import Session, naive
from tests.faults.aws_behaviours.frame import Court
from tests.faults.aws_behaviours.harness import SEEDS, patient, under
from tests.faults.aws_behaviours.rules import scaling as laws
from tests.support.harness import constant, one_node

TABLE = Table(name="items", key="id", tags={})
TARGET = ScalingTarget(
    resource="table/items",
    dimension="dynamodb:table:ReadCapacityUnits",
    minimum=5,
    maximum=100,
    tags={"team": "a"},
)
POLICY = ScalingPolicy(
    name="items-read", resource=TARGET.resource, dimension=TARGET.dimension, target=70
)
NAMED: dict[str, Any] = {
    "ServiceNamespace": "dynamodb",
    "ResourceId": TARGET.resource,
    "ScalableDimension": TARGET.dimension,
}
LISTED: dict[str, Any] = {
    "ServiceNamespace": "dynamodb",
    "ResourceIds": [TARGET.resource],
    "ScalableDimension": TARGET.dimension,
}


def register(court: Court, minimum: int = 5) -> Any:
    """Register the target with a plain client, and return the client."""
    client = naive(court, "application-autoscaling")
    client.register_scalable_target(**NAMED, MinCapacity=minimum, MaxCapacity=100)
    return client


def put_policy(client: Any) -> None:
    client.put_scaling_policy(
        **NAMED,
        PolicyName="items-read",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 70,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "DynamoDBReadCapacityUtilization"
            },
        },
    )


def whole() -> Stack:
    """Return a stack of a table with scaled reads and writes, as the shipped stack has it."""
    stack = Stack("tap-dev")
    table = stack.add("table", lambda _: TABLE)
    for what in ("Read", "Write"):
        dimension = f"dynamodb:table:{what}CapacityUnits"
        target = stack.add(
            f"table.{what}",
            constant(replace(TARGET, dimension=dimension, minimum=20)),
            after=[table],
        )
        stack.add(
            f"table.{what}.policy",
            constant(replace(POLICY, dimension=dimension, name=f"items-{what}")),
            after=[target],
        )
    return stack


@pytest.mark.parametrize("seed", SEEDS)
def test_s1_a_target_just_registered_is_not_shown(
    court: Session, tmp_path: Path, seed: int
) -> None:
    held = court(laws.TargetNotVisibleAtOnce(), seed=seed)
    assert register(held).describe_scalable_targets(**LISTED)["ScalableTargets"] == []
    held = court(laws.TargetNotVisibleAtOnce(), seed=seed)
    naive(held, "application-autoscaling").deregister_scalable_target(**NAMED)
    shop = under(held, tmp_path)
    shop.up(TARGET, within=30)
    shop.stays(TARGET)


@pytest.mark.parametrize("seed", SEEDS)
def test_s2_the_first_target_brings_a_role(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(laws.OwnRoleComesWithTheFirst(), seed=seed)
    with pytest.raises(ClientError, match="Unable to assume IAM role"):
        register(held)
    under(held, tmp_path).up(TARGET, within=90)


@pytest.mark.parametrize("seed", SEEDS)
def test_s3_aws_moves_the_table_itself(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(laws.MovesTheTableItself(), seed=seed)
    shop = under(held, tmp_path)
    shop.up(TABLE)
    register(held, minimum=50)
    held.clock.sleep(5)
    with pytest.raises(ClientError, match="ResourceInUseException"):
        naive(held, "dynamodb").update_table(TableName="items", DeletionProtectionEnabled=False)
    shop.up(replace(TABLE, encryption="owned", tags={"a": "b"}), within=60)
    register(held, minimum=60)
    shop.down(TABLE, within=90)


@pytest.mark.parametrize("seed", SEEDS)
def test_s4_a_policy_right_after_its_target(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(laws.PolicyNeedsTheTargetSeen(), seed=seed)
    with pytest.raises(ClientError, match="ObjectNotFoundException"):
        put_policy(register(held))
    under(held, tmp_path).up(POLICY, within=30)  # in a run that did not register it itself


@pytest.mark.parametrize("seed", SEEDS)
def test_s4_it_hands_on_what_cloudwatch_says(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(laws.CloudWatchIsAskedInOurName(), seed=seed)
    with pytest.raises(ClientError, match="FailedResourceAccessException"):
        put_policy(register(held))
    shop = under(held, tmp_path)
    shop.up(POLICY, within=60)
    shop.stays(POLICY)


def test_s5_one_write_at_a_time(court: Session, tmp_path: Path) -> None:
    held = court(laws.OneWriteAtATime())
    with pytest.raises(ClientError, match="ConcurrentUpdateException"):
        put_policy(register(held))
    held.clock.sleep(1)
    naive(held, "application-autoscaling").deregister_scalable_target(**NAMED)
    began, before = held.clock.now(), len(held.sent)
    under(held, tmp_path).run(whole(), "up", workers=4)
    patient(held.sent[before:])
    assert len(held.refused("S5")) > 1
    assert held.clock.now() - began < 30


@pytest.mark.parametrize("seed", SEEDS)
def test_s7_targets_outlive_their_table_and_linger(
    court: Session, tmp_path: Path, seed: int
) -> None:
    held = court(laws.TargetsLinger(), seed=seed)
    client = register(held)
    assert client.describe_scalable_targets(**LISTED)["ScalableTargets"]
    client.deregister_scalable_target(**NAMED)
    assert client.describe_scalable_targets(**LISTED)["ScalableTargets"], "still shown"
    held.clock.sleep(120)
    shop = under(held, tmp_path)
    shop.run(whole(), "up")
    shop.run(whole(), "down")
    for dimension in ("Read", "Write"):
        left = client.describe_scalable_targets(
            **{**LISTED, "ScalableDimension": f"dynamodb:table:{dimension}CapacityUnits"}
        )
        assert left["ScalableTargets"] == []
    deletes = [s.call.operation for s in held.sent if s.call.operation.startswith("De")]
    assert deletes.index("DeregisterScalableTarget") < deletes.index("DeleteTable")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_scaled_table_lives_under_all_of_them(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(*(law() for law in laws.LAWS), seed=seed)
    shop = under(held, tmp_path)
    shop.run(whole(), "up", workers=2)
    assert not [f for f in shop.run(whole(), "plan").changes.values() if f.diffs]
    shop.run(whole(), "down", workers=2)
    patient(held.sent)
    shop.run(one_node(TARGET), "up")
