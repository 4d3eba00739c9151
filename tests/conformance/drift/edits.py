"""What others' changes are made of, whatever they change."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, Final

from provision.aws.client import Aws
from provision.model.step import OWNER, Step, Tagged

STRAY: Final = "stray"
"""A tag of theirs, and whatever else they name."""
NEVER_CHANGES: Final = "AWS never changes it: made anew by somebody else, ours is gone."


def policy(action: str, resource: str = "*", **more: Any) -> str:
    """Allows it; `more` makes it a policy of a resource."""
    statement = {"Sid": "Theirs", "Effect": "Allow", "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | more]})


def with_statement(document: Any, action: str, resource: str) -> str:
    """The same policy, letting everybody in as well."""
    more = {"Sid": "Theirs", "Effect": "Allow", "Action": action, "Resource": resource}
    statements = [*document["Statement"], {**more, "Principal": "*"}]
    return json.dumps({**document, "Statement": statements})


def arn_of_policy(aws: Aws, name: str) -> str:
    """A managed policy of theirs, made when first asked for."""
    arn = aws.location.arn("iam", f"policy/{name}", region=False)
    with suppress(aws.iam.exceptions.EntityAlreadyExistsException):
        aws.iam.create_policy(PolicyName=name, PolicyDocument=policy("s3:ListBucket"))
    return arn


def key_of_theirs(aws: Aws) -> str:
    """A KMS key."""
    return aws.kms.create_key()["KeyMetadata"]["Arn"]


def role_of_theirs(aws: Aws, service: str) -> str:
    """A role that the service may take on."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    name = f"theirs-{service.partition('.')[0]}"
    with suppress(aws.iam.exceptions.EntityAlreadyExistsException):
        aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
    return aws.location.arn("iam", f"role/{name}", region=False)


def tags_of(step: Step) -> dict[str, str]:
    """As they were found, the owner's too."""
    assert isinstance(step, Tagged)
    assert OWNER in step.tags
    return dict(step.tags)


def patched(path: str, value: str) -> Any:
    """One operation of API Gateway's patches."""
    return [{"op": "replace", "path": path, "value": value}]
