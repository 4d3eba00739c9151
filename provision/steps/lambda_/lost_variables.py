"""Detects a function's variables that are lost because the KMS key that encrypts them is unusable.

Variables that are hidden only from us are handled in `configuration`: a permission shows them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from provision.aws.client import Aws
from provision.aws.error_codes import is_not_found
from provision.model import iam

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import FunctionConfigurationTypeDef

LOOKS: Final = iam.calls("kms", iam.arn("kms", "key/*"), "DescribeKey")
_ENABLED: Final = "Enabled"


def without_lost(
    aws: Aws, shown: FunctionConfigurationTypeDef
) -> tuple[FunctionConfigurationTypeDef, str]:
    """Return the description, and why its variables are lost; empty if they are not.

    If they are lost, the description has none. A function whose key was deleted works again only
    after its variables are written with another key (L34).
    """
    key = shown.get("KMSKeyArn", "")
    if not (key and "Error" in shown.get("Environment", {})):
        return shown, ""
    state = _state(aws, key)
    if state in {"", _ENABLED}:
        return shown, ""
    bare = shown.copy()
    bare["Environment"] = {}
    return bare, f"its variables cannot be read: the key {key} is {state}"


def _state(aws: Aws, key: str) -> str:
    """Return the key's state in KMS, "gone" if it does not exist, or empty if KMS refuses."""
    try:
        return aws.kms.describe_key(KeyId=key)["KeyMetadata"].get("KeyState", _ENABLED)
    except ClientError as error:
        return "gone" if is_not_found(error.response["Error"]["Code"]) else ""
