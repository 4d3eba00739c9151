"""The customer's key that config.yaml names by an alias: found once, and never changed by us."""

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
"""The ARN of the key, by its name in config.yaml and what is recorded; `say` tells people
of an error that stops nothing."""


def demanded_key(aws: Aws, name: str, recorded: Iterable[Step], say: Say) -> str:  # noqa: ARG001  (a `KeyOf`)
    """For what makes: as `given_key`."""
    return given_key(aws, name)


def key_as_recorded(aws: Aws, name: str, recorded: Iterable[Step], say: Say) -> str:
    """For what only reads or removes: a key that does not serve is told and stops nobody."""
    try:
        return given_key(aws, name)
    except (ProvisionError, *NO_GOOD_ANSWER) as error:
        say(error)
    values = (value for step in recorded for value in vars(step).values())
    arns = {value for value in values if isinstance(value, str) and _KEY.fullmatch(value)}
    return arns.pop() if len(arns) == 1 else aws.location.arn("kms", name)


def given_key(aws: Aws, name: str) -> str:
    """The ARN of the key behind the alias; empty where `name` is none. Raises where there is no
    such key, or it cannot encrypt."""
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
