"""The scaling policy: the contract, its metric, and the alarms that AWS makes for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import pytest

from provision.aws.failed_call import FailedCall
from provision.aws.retry import NEW_RESOURCE, SCALING_ROLE, THROTTLE, RetryRule, retry_rule_for
from provision.model.step import Step
from provision.steps.autoscaling.policy import ScalingPolicy
from tests.support.harness import Workshop, new_aws, one_node
from tests.unit.steps.autoscaling.test_target import TARGET
from tests.unit.steps.contract import StepContract

POLICY = ScalingPolicy(
    name="tap-dev-items-read",
    resource=TARGET.resource,
    dimension=TARGET.dimension,
    target=70,
)


class TestScalingPolicy(StepContract):
    unsaid: ClassVar = {"scale_in": (True,)}
    edits: ClassVar = {
        "target": 55.5,
        "scale_in_cooldown": 120,
        "scale_out_cooldown": 30,
        "scale_in": False,
    }
    fixed_edits: ClassVar = {"name": "tap-dev-items-other"}

    def given(self, aws: Any) -> Step:
        TARGET.create(aws)
        return POLICY


@pytest.mark.parametrize("units", ["Read", "Write"])
def test_each_dimension_has_its_metric(workshop: Workshop, units: str) -> None:
    dimension = f"dynamodb:table:{units}CapacityUnits"
    replace(TARGET, dimension=dimension).create(new_aws())
    workshop.run(one_node(replace(POLICY, dimension=dimension)), "up")
    (found,) = new_aws().autoscaling.describe_scaling_policies(ServiceNamespace="dynamodb")[
        "ScalingPolicies"
    ]
    metric = found["TargetTrackingScalingPolicyConfiguration"]["PredefinedMetricSpecification"]
    assert metric == {"PredefinedMetricType": f"DynamoDB{units}CapacityUtilization"}


def test_its_alarms_go_with_it(workshop: Workshop) -> None:
    TARGET.create(new_aws())
    made = workshop.run(one_node(POLICY), "up").resources["it"]
    alarms = new_aws().cloudwatch.describe_alarms()["MetricAlarms"]
    assert {alarm["AlarmName"].split("/")[0] for alarm in alarms} == {"TargetTracking-table"}
    made.delete(new_aws())
    assert new_aws().cloudwatch.describe_alarms()["MetricAlarms"] == []


def test_another_policy_of_the_target_is_not_mistaken_for_it(workshop: Workshop) -> None:
    TARGET.create(new_aws())
    replace(POLICY, name="tap-dev-items-read-2", target=10).create(new_aws())
    assert POLICY.observe(new_aws()) is None


def test_the_target_just_registered_may_not_be_seen_yet() -> None:
    """Even the next run may not see it, if the registering run was interrupted (S4)."""
    missing = FailedCall("PutScalingPolicy", "ObjectNotFoundException", "No target", 400, "")
    assert retry_rule_for(missing) is NEW_RESOURCE
    assert retry_rule_for(replace(missing, operation="DeleteScalingPolicy")) is None


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        ("ValidationException", "Unable to assume IAM role: arn", SCALING_ROLE),  # (S2)
        ("FailedResourceAccessException", "is not authorized to perform: x", SCALING_ROLE),  # (S4)
        ("FailedResourceAccessException", "Rate exceeded", THROTTLE),
        ("UnrecognizedClientException", "token included in the request is invalid", None),
    ],
)
def test_the_role_aws_makes_for_it_takes_a_while(
    code: str, message: str, expected: RetryRule | None
) -> None:
    """It does not matter whether this run wrote to IAM: that role is AWS's own."""
    assert retry_rule_for(FailedCall("PutScalingPolicy", code, message, 400, "")) is expected
    assert (
        retry_rule_for(FailedCall("PutScalingPolicy", code, message, 400, ""), iam_fresh=True)
        is expected
    )
