"""For how many days back a table can be had again as it was at any second (D17, D24)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provision.aws.client import Aws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import PointInTimeRecoverySpecificationTypeDef

RECOVERY_DAYS: Final = 35
"""Where nothing is said: the longest there is."""


def found_recovery(aws: Aws, table: str) -> int | None:
    """The days, None for not at all. ContinuousBackupsStatus is always ENABLED; the flag is the
    nested one, and stays ENABLED at one day."""
    backups = aws.dynamodb.describe_continuous_backups(TableName=table)
    found = backups["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
    if found.get("PointInTimeRecoveryStatus") != "ENABLED":
        return None
    return found.get("RecoveryPeriodInDays", RECOVERY_DAYS)


def recovery(days: int | None) -> PointInTimeRecoverySpecificationTypeDef:
    if days is None:
        return {"PointInTimeRecoveryEnabled": False}
    return {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": days}
