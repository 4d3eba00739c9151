"""The customer's key that config.yaml names by an alias: found once, and never changed by us."""

from __future__ import annotations

from typing import Final

from botocore.exceptions import ClientError

from provision.aws import Aws
from provision.codes import is_absent
from provision.errors import NotFound, Refused
from provision.permissions.declare import arn, calls

CALLS: Final = calls("kms", arn("kms", "key/*"), "DescribeKey")


def given_key(aws: Aws, name: str) -> str:
    """The ARN of the key behind the alias; empty where `name` is none. Raises where there is no
    such key, or it cannot encrypt."""
    if not name.startswith("alias/"):
        return ""
    try:
        found = aws.kms.describe_key(KeyId=name)["KeyMetadata"]
    except ClientError as error:
        if not is_absent(error.response["Error"]["Code"]):
            raise
        raise NotFound(
            f"there is no key {name} in {aws.where.region}",
            hint="name one that is there in `encryption.key` of config.yaml, or write `create`",
        ) from error
    if found.get("KeyState") != "Enabled" or found.get("KeySpec") != "SYMMETRIC_DEFAULT":
        raise Refused(
            f"the key {name} cannot encrypt: it is {found.get('KeyState')}, {found.get('KeySpec')}",
            hint="enable it, or name a symmetric one in `encryption.key` of config.yaml",
        )
    return found.get("Arn", "")
