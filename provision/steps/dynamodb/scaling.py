"""Ends the auto scaling of a table that gets no capacity any more, before it could act again."""

from __future__ import annotations

from typing import Final

from provision.aws.client import Aws
from provision.model import iam
from provision.steps.autoscaling.target import TARGET, ScalingTarget, owner_of_target

STOPPING: Final = (
    *iam.calls("application-autoscaling", iam.ANY_RESOURCE, "DescribeScalableTargets"),
    *iam.calls("application-autoscaling", TARGET, "ListTagsForResource"),
    *iam.calls("application-autoscaling", TARGET, "DeregisterScalableTarget", when=(iam.OWNED,)),
)
"""The calls of `stop_scaling`."""


def stop_scaling(aws: Aws, table: str, owner: str) -> None:
    """Remove the table's scaling targets that belong to the stack of its owner.

    AWS keeps them if the capacity mode is changed by its API, and they would set capacity again
    (D35). Their nodes are gone from config.yaml, and orphans are only deleted at the end of a run.
    """
    answer = aws.autoscaling.describe_scalable_targets(
        ServiceNamespace="dynamodb", ResourceIds=[f"table/{table}"]
    )
    for found in answer.get("ScalableTargets", []):
        resource, dimension = found["ResourceId"], found["ScalableDimension"]
        theirs = owner_of_target(aws, resource, dimension)
        if theirs and theirs.rpartition("/")[0] == owner.rpartition("/")[0]:
            ScalingTarget(
                resource=resource, dimension=dimension, minimum=0, maximum=0, tags={}
            ).delete(aws)
