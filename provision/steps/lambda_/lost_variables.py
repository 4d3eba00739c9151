"""Variables of a function that nobody can read any more: the key that encrypts them does not serve.

Hidden from us alone they are another matter (`function_shown`): with a permission they are read.
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
    """What is shown, and why its variables are lost: then it is shown without any. Nothing but
    writing them anew, with another key, helps a function whose key is gone (L34)."""
    key = shown.get("KMSKeyArn", "")
    if not (key and "Error" in shown.get("Environment", {})):
        return shown, ""
    state = _state(aws, key)
    if state in {"", _ENABLED}:
        return shown, ""
    bare = shown.copy()
    bare["Environment"] = {}
    return bare, f"nobody can read its variables: the key {key} is {state}"


def _state(aws: Aws, key: str) -> str:
    """KMS's word for it; empty where that is not told."""
    try:
        return aws.kms.describe_key(KeyId=key)["KeyMetadata"].get("KeyState", _ENABLED)
    except ClientError as error:
        return "gone" if is_not_found(error.response["Error"]["Code"]) else ""
