"""Policies, keys and roles that the changes of all kinds use."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, Final

from provision.aws.client import Aws
from provision.model.step import OWNER, Step, Tagged

STRAY: Final = "stray"
"""The key of an added tag, and the name of any other foreign resource."""
NEVER_CHANGES: Final = "AWS never changes it: one created again by another party is not ours."


def policy(action: str, resource: str = "*", **more: Any) -> str:
    """Return a policy that allows it; `more` makes it a policy of a resource."""
    statement = {"Sid": "Theirs", "Effect": "Allow", "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | more]})


def with_statement(document: Any, action: str, resource: str) -> str:
    """Return the same policy with a statement for every principal."""
    more = {"Sid": "Theirs", "Effect": "Allow", "Action": action, "Resource": resource}
    statements = [*document["Statement"], {**more, "Principal": "*"}]
    return json.dumps({**document, "Statement": statements})


def arn_of_policy(aws: Aws, name: str) -> str:
    """Return a foreign managed policy, created on the first call."""
    arn = aws.location.arn("iam", f"policy/{name}", region=False)
    with suppress(aws.iam.exceptions.EntityAlreadyExistsException):
        aws.iam.create_policy(PolicyName=name, PolicyDocument=policy("s3:ListBucket"))
    return arn


def key_of_theirs(aws: Aws) -> str:
    """Create a KMS key, and return its ARN."""
    return aws.kms.create_key()["KeyMetadata"]["Arn"]


def role_of_theirs(aws: Aws, service: str) -> str:
    """Create a role that the service may assume, and return its ARN."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    name = f"theirs-{service.partition('.')[0]}"
    with suppress(aws.iam.exceptions.EntityAlreadyExistsException):
        aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
    return aws.location.arn("iam", f"role/{name}", region=False)


def tags_of(step: Step) -> dict[str, str]:
    """Return all observed tags, with the owner tag."""
    assert isinstance(step, Tagged)
    assert OWNER in step.tags
    return dict(step.tags)


def patched(path: str, value: str) -> Any:
    """Return one patch operation of API Gateway."""
    return [{"op": "replace", "path": path, "value": value}]
