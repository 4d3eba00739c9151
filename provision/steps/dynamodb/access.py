"""Ways into a table, or out of it, that nobody declared: a resource policy, and a stream."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from provision.aws.client import Aws
from provision.steps.iam_policy import as_text, from_text
from provision.steps.not_found import ignore_not_found

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TableDescriptionTypeDef


def found_policy(aws: Aws, arn: str) -> str:
    """The policy on the table itself, in canonical form: it lets others in beside IAM, of any
    account. Empty where there is none, which AWS calls an error (D25)."""
    try:
        with ignore_not_found():
            policy = aws.dynamodb.get_resource_policy(ResourceArn=arn).get("Policy", "")
            return as_text(from_text(policy)) if policy else ""
    except aws.dynamodb.exceptions.PolicyNotFoundException:
        pass
    return ""


def found_stream(found: TableDescriptionTypeDef) -> str:
    """What a stream of the table hands on; empty where there is none, or it is off."""
    stream = found.get("StreamSpecification")
    return stream.get("StreamViewType", "on") if stream and stream["StreamEnabled"] else ""


def close_doors(aws: Aws, name: str, arn: str, changed: Collection[str]) -> bool:
    """None is wanted. Whether the table has to become active again: one concern a call (D5)."""
    if "resource_policy" in changed:
        with ignore_not_found():
            aws.dynamodb.delete_resource_policy(ResourceArn=arn)
    if "stream" in changed:
        aws.dynamodb.update_table(TableName=name, StreamSpecification={"StreamEnabled": False})
    return "stream" in changed
