"""The scalable target: the bounds between which auto scaling changes a table's capacity."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self, cast

from provision.aws.client import Aws
from provision.model import iam
from provision.model.risks import NO_IMPACT
from provision.model.step import OWNER, Fixed, Tagged
from provision.steps.not_found import ignore_not_found
from provision.steps.tagging import tag_changes, without_system

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling.literals import (
        ScalableDimensionType,
        ServiceNamespaceType,
    )
    from mypy_boto3_application_autoscaling.type_defs import (
        RegisterScalableTargetRequestTypeDef,
        ScalableTargetTypeDef,
    )

GONE_BUDGET: Final = 300  # AWS shows a target for a while after its deregistration (S7)
_SERVICE: Final = "application-autoscaling"
TARGET: Final = iam.arn(_SERVICE, "scalable-target/*")
"""Any scalable target: AWS chooses their ids, so IAM policies distinguish them by tags."""
_OF: Final = (
    iam.Condition("StringEquals", f"{_SERVICE}:scalable-dimension", "{dimension}"),
    iam.Condition("StringEquals", f"{_SERVICE}:service-namespace", "dynamodb"),
)
"""The dimension and service in the request; no condition key contains the table."""
_PRINCIPAL: Final = "dynamodb.application-autoscaling.amazonaws.com"
_CHECKED: Final = (
    iam.Permission(
        "iam:CreateServiceLinkedRole",
        (
            iam.arn(
                "iam",
                f"role/aws-service-role/{_PRINCIPAL}"
                "/AWSServiceRoleForApplicationAutoScaling_DynamoDBTable",
                region=False,
            ),
        ),
        (iam.Condition("StringEquals", "iam:AWSServiceName", _PRINCIPAL),),
    ),
    iam.Permission("dynamodb:DescribeTable", (iam.arn("dynamodb", "{resource}"),)),
    iam.Permission("dynamodb:UpdateTable", (iam.arn("dynamodb", "{resource}"),)),
    iam.Permission("cloudwatch:DescribeAlarms", (iam.arn("cloudwatch", "alarm:*"),)),
    iam.Permission("cloudwatch:DeleteAlarms", conditions=(iam.HAS_NO_OWNER,)),
    iam.Permission(
        "cloudwatch:PutMetricAlarm",
        conditions=(
            iam.HAS_NO_OWNER,
            iam.Condition(
                "ForAllValues:StringLike",
                "cloudwatch:AlarmActions",
                iam.arn("autoscaling", "scalingPolicy:*:resource/dynamodb/{resource}:policyName/*"),
            ),
        ),
    ),
)
"""Permissions that AWS tests in the caller's name before it registers a target. It tests the last
two without the name of an alarm, so no resource can be given for them. The conditions only exclude
alarms of stacks of ours, and actions other than scaling policies of the table. The first target of
an account creates the service-linked role (I14).

https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_permission_validation.html
"""


@dataclass(frozen=True, kw_only=True)
class ScalingTarget(Tagged):
    """The bounds of one capacity of a table.

    `resource` is "table/name", `dimension` such as "dynamodb:table:ReadCapacityUnits". It is
    `suspended` if any part of its scaling was switched off.

    https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
    """

    KIND = "autoscaling.target"
    IDENTITY = ("resource", "dimension")
    RISKS = NO_IMPACT
    API_CALLS = iam.ApiCalls(
        read=(
            *iam.calls("application-autoscaling", iam.ANY_RESOURCE, "DescribeScalableTargets"),
            *iam.calls("application-autoscaling", TARGET, "ListTagsForResource"),
        ),
        write=(
            iam.call(
                "application-autoscaling.RegisterScalableTarget",
                iam.Permission(
                    f"{_SERVICE}:RegisterScalableTarget",
                    (TARGET,),
                    (iam.TAGS_OWNER, iam.HAS_NO_OWNER, *_OF),
                ),
                iam.Permission(f"{_SERVICE}:RegisterScalableTarget", (TARGET,), (iam.OWNED, *_OF)),
                iam.Permission(
                    f"{_SERVICE}:TagResource", (TARGET,), (iam.TAGS_OWNER, iam.HAS_NO_OWNER)
                ),
                *_CHECKED,
            ),
            *iam.calls(
                "application-autoscaling", TARGET, "TagResource", when=(iam.OWNED, iam.KEEPS_OWNER)
            ),
            *iam.calls("application-autoscaling", TARGET, "UntagResource", when=(iam.OWNED,)),
        ),
        delete=iam.calls(
            "application-autoscaling", TARGET, "DeregisterScalableTarget", when=(iam.OWNED,)
        ),
    )

    resource: Fixed[str]
    dimension: Fixed[str]
    minimum: int
    maximum: int
    suspended: bool = False

    def observe(self, aws: Aws) -> Self | None:
        found = self._describe(aws)
        if found is None:
            return None
        return replace(
            self,
            minimum=found["MinCapacity"],
            maximum=found["MaxCapacity"],
            suspended=any(found.get("SuspendedState", {}).values()),
            tags=without_system(_tags(aws, found)),
        )

    def create(self, aws: Aws) -> Self:
        request = self._request()
        request["Tags"] = dict(self.tags)  # AWS takes tags only when it creates the target (S1)
        aws.autoscaling.register_scalable_target(**request)
        return self

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        if {"minimum", "maximum", "suspended"} & set(changed):
            aws.autoscaling.register_scalable_target(**self._request())
        found = self._describe(aws) if "tags" in changed else None
        if found is not None:
            gone, new = tag_changes(have.tags, self.tags)
            arn = found.get("ScalableTargetARN") or self._arn(aws)
            if gone:
                aws.autoscaling.untag_resource(ResourceARN=arn, TagKeys=gone)
            if new:
                aws.autoscaling.tag_resource(ResourceARN=arn, Tags=new)
        return self

    def delete(self, aws: Aws) -> None:
        service, dimension = typed(self.dimension)
        with ignore_not_found():
            aws.autoscaling.deregister_scalable_target(
                ServiceNamespace=service, ResourceId=self.resource, ScalableDimension=dimension
            )
            aws.wait_until_gone(
                f"auto scaling of {self.resource}",
                lambda: self._describe(aws) is not None,
                budget=GONE_BUDGET,
            )

    def _describe(self, aws: Aws) -> ScalableTargetTypeDef | None:
        return _described(aws, self.resource, self.dimension)

    def _arn(self, aws: Aws) -> str:
        """Return the ARN of a target that is described without one.

        Registering an existing target again without settings changes nothing and returns its ARN.
        """
        service, dimension = typed(self.dimension)
        answer = aws.autoscaling.register_scalable_target(
            ServiceNamespace=service, ResourceId=self.resource, ScalableDimension=dimension
        )
        return answer["ScalableTargetARN"]

    def _request(self) -> RegisterScalableTargetRequestTypeDef:
        service, dimension = typed(self.dimension)
        return {
            "ServiceNamespace": service,
            "ResourceId": self.resource,
            "ScalableDimension": dimension,
            "MinCapacity": self.minimum,
            "MaxCapacity": self.maximum,
            "SuspendedState": {
                "DynamicScalingInSuspended": self.suspended,
                "DynamicScalingOutSuspended": self.suspended,
                "ScheduledScalingSuspended": self.suspended,
            },
        }


def owner_of_target(aws: Aws, resource: str, dimension: str) -> str | None:
    """Return the value of its owner tag: "" without one, None if there is no such target."""
    found = _described(aws, resource, dimension)
    if found is None:
        return None
    return _tags(aws, found).get(OWNER, "")


def _tags(aws: Aws, found: ScalableTargetTypeDef) -> dict[str, str]:
    """Return its tags; none without an ARN: such a target predates tags, so it is not ours."""
    arn = found.get("ScalableTargetARN")
    if not arn:
        return {}
    return aws.autoscaling.list_tags_for_resource(ResourceARN=arn).get("Tags", {})


def _described(aws: Aws, resource: str, dimension: str) -> ScalableTargetTypeDef | None:
    service, spelled = typed(dimension)
    answer = aws.autoscaling.describe_scalable_targets(
        ServiceNamespace=service, ResourceIds=[resource], ScalableDimension=spelled
    )
    return next(iter(answer.get("ScalableTargets", [])), None)


def typed(dimension: str) -> tuple[ServiceNamespaceType, ScalableDimensionType]:
    """Return the service of a dimension, and the dimension, in boto3's types."""
    service = cast("ServiceNamespaceType", dimension.partition(":")[0])
    return service, cast("ScalableDimensionType", dimension)
