"""Settings that are fixed at creation and that we never ask for, described in words.

A resource with our name that another party created with such a setting cannot be adopted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TableDescriptionTypeDef
    from mypy_boto3_kms.type_defs import KeyMetadataTypeDef
    from mypy_boto3_lambda.type_defs import FunctionConfigurationTypeDef
    from mypy_boto3_logs.type_defs import LogGroupTypeDef

PLAIN: Final = "STANDARD"
ZIP: Final = "Zip"
SYMMETRIC: Final = "SYMMETRIC_DEFAULT"
ENCRYPTING: Final = "ENCRYPT_DECRYPT"
OF_KMS: Final = "AWS_KMS"


def table_made_with(found: TableDescriptionTypeDef) -> tuple[str, ...]:
    """Return the local indexes: with one, all items of one partition key hold 10 GB at most."""
    indexes = [index.get("IndexName", "") for index in found.get("LocalSecondaryIndexes", [])]
    return tuple(f"local index {name}" for name in indexes)


def log_group_made_with(found: LogGroupTypeDef) -> tuple[str, ...]:
    """Return the log class if it has fewer features: no metric filters, no live tail."""
    group_class = found.get("logGroupClass", PLAIN)
    return () if group_class == PLAIN else (f"class {group_class}",)


def function_made_with(shown: FunctionConfigurationTypeDef) -> tuple[str, ...]:
    """Return the package type unless it is a zip: a function made of an image never runs a zip."""
    package = shown.get("PackageType", ZIP)
    return () if package == ZIP else (f"package type {package}",)


def key_made_with(found: KeyMetadataTypeDef) -> tuple[str, ...]:
    """Return settings with which no AWS service can encrypt, or that KMS does not rotate."""
    usual = (
        ("key spec", found.get("KeySpec", SYMMETRIC), SYMMETRIC),
        ("usage", found.get("KeyUsage", ENCRYPTING), ENCRYPTING),
        ("origin", found.get("Origin", OF_KMS), OF_KMS),
    )
    return tuple(f"{name} {value}" for name, value, plain in usual if value != plain)
