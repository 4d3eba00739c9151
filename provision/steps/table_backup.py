"""The final backup of a table: made, or found again, before the table is deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError, HTTPClientError

from provision.aws import Aws
from provision.errors import Refused
from provision.holdings import Backup
from provision.retry import is_absent, may_exist

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import BackupSummaryTypeDef

AVAILABLE_BUDGET: Final = 3600
LOST: Final = (1.0, 4.0, 10.0)
"""Seconds between looks for a backup whose answer was lost (X1)."""
SKEW: Final = timedelta(hours=1)
"""How far this machine's clock may be from AWS's, where the name alone tells it is the one."""
_LONGEST: Final = 220
"""AWS takes 255 characters; the rest is the word and the time."""


def final_backup(aws: Aws, table: str, owner: str, since: datetime) -> Backup:
    """A complete backup of this incarnation of the table, named `{owner}.final.{time}`.

    One of ours made after `since` is taken as it is, so that a command that was killed and runs
    again makes no second one. Raises Refused when AWS drops it.
    """
    prefix = f"{re.sub('[^A-Za-z0-9_.-]', '.', owner)[:_LONGEST]}.final."
    found = [one for one in _listed(aws, table, since) if one["BackupName"].startswith(prefix)]
    if found:
        arn, name = found[0]["BackupArn"], found[0]["BackupName"]
    else:
        name = f"{prefix}{aws.clock.today():%Y%m%dT%H%M%SZ}"
        arn = _made(aws, table, name, since)
    _wait_available(aws, arn, name)
    region = aws.where.region
    return Backup(
        name,
        arn,
        f"aws dynamodb restore-table-from-backup --region {region} --target-table-name {table}"
        f" --backup-arn {arn}",
    )


def _made(aws: Aws, table: str, name: str, since: datetime) -> str:
    """The ARN. There is no token: after a lost answer it is looked for before it is asked again."""
    for tries_left in (2, 1, 0):
        try:
            answer = aws.dynamodb.create_backup(TableName=table, BackupName=name)
        except (ClientError, HTTPClientError) as error:
            if not may_exist(error):
                raise
            if arn := _after_all(aws, table, name, since):
                return arn
            if not tries_left:
                raise
        else:
            return answer["BackupDetails"]["BackupArn"]
    raise AssertionError


def _after_all(aws: Aws, table: str, name: str, since: datetime) -> str | None:
    for pause in LOST:
        for one in _listed(aws, table, since - SKEW):
            if one["BackupName"] == name:
                return one["BackupArn"]
        aws.clock.sleep(pause)
    return None


def _listed(aws: Aws, table: str, since: datetime) -> Iterator[BackupSummaryTypeDef]:
    """Those of the table as it is now: one deleted and made again has another id (D1)."""
    described = aws.dynamodb.describe_table(TableName=table)["Table"]
    pages = aws.dynamodb.get_paginator("list_backups").paginate(
        TableName=table, BackupType="USER", TimeRangeLowerBound=since
    )
    for page in pages:
        for one in page.get("BackupSummaries", []):
            same = one["TableId"] == described["TableId"]
            if same and one["BackupCreationDateTime"] >= since and one["BackupStatus"] != "DELETED":
                yield one


def _wait_available(aws: Aws, arn: str, name: str) -> None:
    def available() -> bool | None:
        try:
            found = aws.dynamodb.describe_backup(BackupArn=arn)["BackupDescription"]
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "BackupNotFoundException" or is_absent(code):  # not visible yet
                return None
            raise
        status = found["BackupDetails"]["BackupStatus"]
        if status == "DELETED":
            raise Refused(f"the backup {name} is gone again", hint="run it again: it makes another")
        return True if status == "AVAILABLE" else None

    aws.wait(f"the backup {name} to be complete", available, budget=AVAILABLE_BUDGET)
