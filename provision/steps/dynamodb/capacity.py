"""Changes of the capacity mode: to on-demand, and back with twice the recent peak."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from provision.aws.client import Aws
from provision.errors import TryLater
from provision.model.risks import Impact, Risk, disabled, enabled

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef
    from mypy_boto3_dynamodb.type_defs import ProvisionedThroughputTypeDef

Bounds = tuple[int, int]
"""The least and the most units per second that auto scaling may set."""
RISKS: Final = (
    Risk(Impact.DOWNTIME, "throttled until auto scaling has reacted", when=disabled),
    Risk(
        Impact.SLOW,
        "its capacity mode changes, which AWS allows a few times a day",
        seconds=300,
        when=enabled,
    ),  # (D35)
)
LATELY: Final = timedelta(minutes=30)
MINUTE: Final = 60
HEADROOM: Final = 2
"""Covers peaks within a minute, which its average hides, and the time until auto scaling reacts."""
_METRICS: Final = {"read": "ConsumedReadCapacityUnits", "write": "ConsumedWriteCapacityUnits"}


def set_on_demand(aws: Aws, table: str) -> None:
    """Bill the table by request; raise `TryLater` if AWS allows that only later (D35)."""
    try:
        aws.dynamodb.update_table(TableName=table, BillingMode="PAY_PER_REQUEST")
    except ClientError as error:
        text = error.response["Error"]["Message"]
        if "PayPerRequest" not in text:
            raise
        shown = aws.dynamodb.describe_table(TableName=table)["Table"]
        if shown.get("BillingModeSummary", {}).get("BillingMode") == "PAY_PER_REQUEST":
            return  # the same call succeeded before, and its answer was lost
        told = re.search(r"Next update can be made at (.+?)(?: \(|\.?$)", text)
        when = f"after {told[1]}" if told else "in 24 hours"
        raise TryLater(
            f"{table}: AWS lets a table become on-demand only a few times in 24 hours",
            hint=f"run `provision up` again {when}; until then it stays as it is, without auto"
            " scaling, or write `capacity: provisioned`",
        ) from error


def capacity_now(aws: Aws, table: str, read: Bounds, write: Bounds) -> ProvisionedThroughputTypeDef:
    """Return the capacity for the busiest minute of the last half hour.

    AWS itself considers the same half hour.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
    """
    peaks = _peaks(aws, table)
    return {
        "ReadCapacityUnits": _within(read, peaks.get("read", 0.0)),
        "WriteCapacityUnits": _within(write, peaks.get("write", 0.0)),
    }


def _within(bounds: Bounds, peak: float) -> int:
    least, most = bounds
    return min(max(least, most), max(least, math.ceil(peak * HEADROOM)))


def _peaks(aws: Aws, table: str) -> dict[str, float]:
    """Return the peaks of `read` and `write`, in units per second."""
    until = aws.clock.today()
    queries: list[MetricDataQueryTypeDef] = [
        {
            "Id": what,
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/DynamoDB",
                    "MetricName": metric,
                    "Dimensions": [{"Name": "TableName", "Value": table}],
                },
                "Period": MINUTE,
                "Stat": "Sum",
            },
        }
        for what, metric in _METRICS.items()
    ]
    answer = aws.cloudwatch.get_metric_data(
        MetricDataQueries=queries, StartTime=until - LATELY, EndTime=until
    )
    return {
        found.get("Id", ""): max(found.get("Values", []), default=0.0) / MINUTE
        for found in answer.get("MetricDataResults", [])
    }
