"""Tags of API Gateway's resources: set by ARN, not by patch (A18); none reads as absent (A34)."""

from __future__ import annotations

from collections.abc import Mapping

from provision.aws import Aws
from provision.step import OWNER, Tags
from provision.steps.tags import tag_changes, without_system


def from_gateway(answer: Mapping[str, object]) -> dict[str, str]:
    """The tags in an answer; lists and some creates leave them out."""
    tags = answer.get("tags") or {}
    assert isinstance(tags, Mapping)
    return without_system({str(key): str(value) for key, value in tags.items()})


def has_owner(answer: Mapping[str, object], owner: str) -> bool:
    return from_gateway(answer).get(OWNER) == owner


def change_gateway_tags(aws: Aws, path: str, have: Tags, want: Tags) -> None:
    """`path` is the resource's place, such as `/apikeys/abc`. Its ARN has no account (A18)."""
    arn = aws.where.arn("apigateway", path, account=False)
    gone, new = tag_changes(have, want)
    if gone:
        aws.apigateway.untag_resource(resourceArn=arn, tagKeys=gone)
    if new:
        aws.apigateway.tag_resource(resourceArn=arn, tags=new)
