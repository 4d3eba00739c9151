"""Point-in-time recovery: for how many days a table can be restored to any second (D17, D24)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provision.aws.client import Aws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import PointInTimeRecoverySpecificationTypeDef

RECOVERY_DAYS: Final = 35
"""AWS's default, which is also the maximum."""


def found_recovery(aws: Aws, table: str) -> int | None:
    """Return the number of days, or None if recovery is off.

    ContinuousBackupsStatus is always ENABLED. The nested PointInTimeRecoveryStatus is the switch,
    and is ENABLED at one day too.
    """
    backups = aws.dynamodb.describe_continuous_backups(TableName=table)
    found = backups["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
    if found.get("PointInTimeRecoveryStatus") != "ENABLED":
        return None
    return found.get("RecoveryPeriodInDays", RECOVERY_DAYS)


def recovery(days: int | None) -> PointInTimeRecoverySpecificationTypeDef:
    if days is None:
        return {"PointInTimeRecoveryEnabled": False}
    return {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": days}
