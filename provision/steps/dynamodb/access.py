"""Undeclared access to a table's data: a resource policy, and a stream."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from typing import TYPE_CHECKING

from provision.aws.client import Aws
from provision.steps.iam_policy import as_text, from_text
from provision.steps.not_found import ignore_not_found

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TableDescriptionTypeDef


def found_policy(aws: Aws, arn: str) -> str:
    """Return the table's resource policy in canonical form, as text; empty if it has none.

    Such a policy admits principals of any account in addition to IAM. Without one, AWS answers with
    an error (D25).
    """
    with ignore_not_found(), suppress(aws.dynamodb.exceptions.PolicyNotFoundException):
        policy = aws.dynamodb.get_resource_policy(ResourceArn=arn).get("Policy", "")
        return as_text(from_text(policy)) if policy else ""
    return ""


def found_stream(found: TableDescriptionTypeDef) -> str:
    """Return which view of changed items the table's stream delivers; empty without a stream."""
    stream = found.get("StreamSpecification")
    return stream.get("StreamViewType", "on") if stream and stream["StreamEnabled"] else ""


def close_doors(aws: Aws, name: str, arn: str, changed: Collection[str]) -> bool:
    """Remove the undeclared access that is in `changed`.

    Return whether the table must become active again before the next UpdateTable (D5).
    """
    if "resource_policy" in changed:
        with ignore_not_found():
            aws.dynamodb.delete_resource_policy(ResourceArn=arn)
    if "stream" in changed:
        aws.dynamodb.update_table(TableName=name, StreamSpecification={"StreamEnabled": False})
    return "stream" in changed
