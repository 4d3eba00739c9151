"""The key that encrypts a table: how to read and request it, and the permissions for that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provision.aws.client import Aws
from provision.model import iam
from provision.steps.not_found import ignore_not_found

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import SSESpecificationTypeDef, TableDescriptionTypeDef

AWS_OWNED: Final = "owned"
"""A key that DynamoDB owns."""
AWS_MANAGED: Final = "managed"
"""The account's key for DynamoDB, which AWS manages. Its key policy admits all who may use
DynamoDB, so no KMS permission is needed."""
KEYED: Final = tuple(
    iam.Permission(f"kms:{use}", ("{key_arn}",), wildcard_conditions=(iam.OWNED,), if_set="key_arn")
    for use in (
        "CreateGrant",
        "Decrypt",
        "DescribeKey",
        "Encrypt",
        "GenerateDataKey*",
        "ReEncrypt*",
    )
)
"""The permissions that DynamoDB requires of the caller that sets a table's key.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
"""


def is_key(encryption: str) -> bool:
    """Return whether it is the ARN of a customer managed key."""
    return encryption not in {AWS_OWNED, AWS_MANAGED}


def specification(encryption: str) -> SSESpecificationTypeDef:
    if encryption == AWS_OWNED:
        return {"Enabled": False}
    if encryption == AWS_MANAGED:
        return {"Enabled": True, "SSEType": "KMS"}
    return {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": encryption}


def found_encryption(aws: Aws, found: TableDescriptionTypeDef, likely: str) -> str:
    """Return the table's encryption: `AWS_OWNED`, `AWS_MANAGED` or the ARN of a customer's key.

    AWS shows nothing for the key that DynamoDB owns, and an ARN for every other one, AWS managed
    or not (D22). KMS must be asked which, unless the ARN is `likely`. A key that no longer exists
    was a customer's.
    """
    shown = found.get("SSEDescription", {})
    if shown.get("Status") not in {"ENABLED", "ENABLING", "UPDATING"}:
        return AWS_OWNED
    key = shown.get("KMSMasterKeyArn", "")
    if key == likely:
        return key
    with ignore_not_found():
        described = aws.kms.describe_key(KeyId=key)["KeyMetadata"]
        return AWS_MANAGED if described.get("KeyManager") == "AWS" else key
    return key


def is_changing(found: TableDescriptionTypeDef) -> bool:
    """Return whether the encryption is changing; the table is ACTIVE meanwhile (D10)."""
    status = found.get("SSEDescription", {}).get("Status")
    return status in {"ENABLING", "UPDATING", "DISABLING"}
