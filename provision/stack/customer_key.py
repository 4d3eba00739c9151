"""Finds the customer's key that config.yaml names by an alias. The key is never changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from botocore.exceptions import ClientError

from provision.aws.client import Aws
from provision.aws.error_codes import is_not_found
from provision.aws.failed_call import NO_GOOD_ANSWER
from provision.errors import ApiError, PrerequisiteMissing, ProvisionError
from provision.model import iam
from provision.model.step import Step

_KEY: Final = re.compile(r"arn:[^:]+:kms:[^:]+:[0-9]{12}:key/[^/]+")
CALLS: Final = iam.calls("kms", iam.arn("kms", "key/*"), "DescribeKey")


Say = Callable[[Exception], None]
KeyOf = Callable[[Aws, str, Iterable[Step], Say], str]
"""A function that returns the ARN of the key from its name in config.yaml and the recorded steps.
It passes an error that stops nothing to `say`."""


def demanded_key(aws: Aws, name: str, recorded: Iterable[Step], say: Say) -> str:  # noqa: ARG001  (a `KeyOf`)
    """Return the key for commands that create resources, as `given_key` does."""
    return given_key(aws, name)


def key_as_recorded(aws: Aws, name: str, recorded: Iterable[Step], say: Say) -> str:
    """Return the key for commands that only read or delete.

    If the key cannot be used, the error is passed to `say`, and the recorded key or the alias's own
    ARN is returned.
    """
    try:
        return given_key(aws, name)
    except (ProvisionError, *NO_GOOD_ANSWER) as error:
        say(error)
    values = (value for step in recorded for value in vars(step).values())
    arns = {value for value in values if isinstance(value, str) and _KEY.fullmatch(value)}
    return arns.pop() if len(arns) == 1 else aws.location.arn("kms", name)


def given_key(aws: Aws, name: str) -> str:
    """Return the ARN of the key behind the alias; empty if `name` is not an alias.

    Raises `PrerequisiteMissing` if there is no such key, `ApiError` if it cannot encrypt.
    """
    if not name.startswith("alias/"):
        return ""
    try:
        found = aws.kms.describe_key(KeyId=name)["KeyMetadata"]
    except ClientError as error:
        if not is_not_found(error.response["Error"]["Code"]):
            raise
        raise PrerequisiteMissing(
            f"there is no key {name} in {aws.location.region}",
            hint="name one that is there in `encryption.key` of config.yaml, or write `create`",
        ) from error
    if found.get("KeyState") != "Enabled" or found.get("KeySpec") != "SYMMETRIC_DEFAULT":
        raise ApiError(
            f"the key {name} cannot encrypt: it is {found.get('KeyState')}, {found.get('KeySpec')}",
            hint="enable it, or name a symmetric one in `encryption.key` of config.yaml",
        )
    return found.get("Arn", "")
