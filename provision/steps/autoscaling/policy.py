"""The target tracking policy of a table: capacity follows use, towards a utilization in percent."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self, cast

from provision.aws.client import Aws
from provision.model import iam
from provision.model.capabilities import HasParent
from provision.model.risks import NO_IMPACT
from provision.model.step import Fixed
from provision.steps.autoscaling.target import TARGET, owner_of_target, typed
from provision.steps.not_found import ignore_not_found

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling.literals import MetricTypeType


@dataclass(frozen=True, kw_only=True)
class ScalingPolicy(HasParent):
    """A policy that changes capacity so that `target` percent of it are used.

    The owner of its scaling target owns it. AWS creates and deletes its alarms
    (`TargetTracking-…`) with it (S6). Cooldowns are in seconds.
    https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html
    """

    KIND = "autoscaling.policy"
    IDENTITY = ("name", "resource", "dimension")
    RISKS = NO_IMPACT
    API_CALLS = iam.ApiCalls(
        read=iam.calls("application-autoscaling", iam.ANY_RESOURCE, "DescribeScalingPolicies"),
        write=iam.calls("application-autoscaling", TARGET, "PutScalingPolicy", when=(iam.OWNED,)),
        delete=iam.calls(
            "application-autoscaling", TARGET, "DeleteScalingPolicy", when=(iam.OWNED,)
        ),
    )

    name: Fixed[str]
    resource: Fixed[str]
    dimension: Fixed[str]
    target: float
    scale_in_cooldown: int = 60
    scale_out_cooldown: int = 60
    scale_in: bool = True

    def called(self) -> str:
        return self.name

    def parent_owner(self, aws: Aws) -> str | None:
        return owner_of_target(aws, self.resource, self.dimension)

    def observe(self, aws: Aws) -> Self | None:
        service, dimension = typed(self.dimension)
        answer = aws.autoscaling.describe_scaling_policies(
            PolicyNames=[self.name],
            ServiceNamespace=service,
            ResourceId=self.resource,
            ScalableDimension=dimension,
        )
        for policy in answer.get("ScalingPolicies", []):
            if policy["PolicyName"] == self.name:
                found = policy.get("TargetTrackingScalingPolicyConfiguration", {"TargetValue": 0})
                return replace(
                    self,
                    target=found["TargetValue"],
                    scale_in_cooldown=found.get("ScaleInCooldown", 0),
                    scale_out_cooldown=found.get("ScaleOutCooldown", 0),
                    scale_in=not found.get("DisableScaleIn", False),
                )
        return None

    def create(self, aws: Aws) -> Self:
        self._put(aws)
        return self

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:  # noqa: ARG002
        self._put(aws)  # PutScalingPolicy creates or changes (S4)
        return self

    def delete(self, aws: Aws) -> None:
        service, dimension = typed(self.dimension)
        with ignore_not_found():
            aws.autoscaling.delete_scaling_policy(
                PolicyName=self.name,
                ServiceNamespace=service,
                ResourceId=self.resource,
                ScalableDimension=dimension,
            )

    def _put(self, aws: Aws) -> None:
        service, dimension = typed(self.dimension)
        aws.autoscaling.put_scaling_policy(
            PolicyName=self.name,
            ServiceNamespace=service,
            ResourceId=self.resource,
            ScalableDimension=dimension,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": self.target,
                "PredefinedMetricSpecification": {"PredefinedMetricType": self._metric()},
                "ScaleInCooldown": self.scale_in_cooldown,
                "ScaleOutCooldown": self.scale_out_cooldown,
                "DisableScaleIn": not self.scale_in,
            },
        )

    def _metric(self) -> MetricTypeType:
        """Return the metric of the dimension.

        For `dynamodb:table:ReadCapacityUnits` that is `DynamoDBReadCapacityUtilization`.
        """
        kind = self.dimension.rpartition(":")[2].removesuffix("Units")
        return cast("MetricTypeType", f"DynamoDB{kind}Utilization")
