"""Which key a table is encrypted with: as AWS shows it, as it is asked for, and what that takes."""

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
"""The account's key for DynamoDB, which AWS manages. Its own policy lets in whoever may use
DynamoDB, so that IAM is not asked."""
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
"""What DynamoDB asks of whoever gives a table a key.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
"""


def is_key(encryption: str) -> bool:
    """Whether it names a key of the account's own."""
    return encryption not in {AWS_OWNED, AWS_MANAGED}


def specification(encryption: str) -> SSESpecificationTypeDef:
    if encryption == AWS_OWNED:
        return {"Enabled": False}
    if encryption == AWS_MANAGED:
        return {"Enabled": True, "SSEType": "KMS"}
    return {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": encryption}


def found_encryption(aws: Aws, found: TableDescriptionTypeDef, likely: str) -> str:
    """Nothing is shown for the key that DynamoDB owns, and an ARN for every other, AWS's own too
    (D22). Only the key itself says whose it is; `likely` saves that question. One that is gone was
    a customer's."""
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
    """The table is active meanwhile (D10)."""
    status = found.get("SSEDescription", {}).get("Status")
    return status in {"ENABLING", "UPDATING", "DISABLING"}
