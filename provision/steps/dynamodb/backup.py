"""The final backup of a table, which is complete and reported before the table is deleted."""

from __future__ import annotations

import re
import shlex
from contextlib import suppress
from datetime import UTC
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError, HTTPClientError

from provision.aws.client import Aws
from provision.aws.failed_call import may_have_been_created
from provision.errors import ApiError
from provision.model.stored_data import Backup
from provision.steps.not_found import ignore_not_found

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import BackupDetailsTypeDef, BackupSummaryTypeDef

AVAILABLE_BUDGET: Final = 3600
LOST: Final = (1.0, 4.0, 10.0)
"""Seconds between searches for a backup whose answer was lost (X1)."""
_LONGEST: Final = 220
"""The longest prefix: AWS accepts 255 characters; the rest is the word and the time."""


def final_backup(aws: Aws, table: str, owner: str) -> Backup:
    """Make a backup of the table as it is now, named `{owner}.final.{time}`; return it complete.

    An earlier backup is never reused, however recent: only AWS knows whether something was written
    since. Raise `ApiError` if AWS deletes the new one.
    """
    prefix = f"{re.sub('[^A-Za-z0-9_.-]', '.', owner)[:_LONGEST]}.final."
    before = [one for one in _listed(aws, table) if one["BackupName"].startswith(prefix)]
    known = frozenset(one["BackupArn"] for one in before)
    name = f"{prefix}{aws.clock.today():%Y%m%dT%H%M%SZ}"
    arn = _made(aws, table, name, known)
    details = _wait_available(aws, arn, name)
    region = aws.location.region
    return Backup(
        name,
        arn,
        f"{details['BackupCreationDateTime'].astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        f"aws dynamodb restore-table-from-backup --region {region} --target-table-name {table}"
        f" --backup-arn {arn}",
        tuple(one["BackupArn"] for one in before),
    )


def restore_hint(table: str, node: str, region: str) -> str:
    """Return a hint with the commands that restore the items of a deleted table.

    AWS keeps one backup of a table with point-in-time recovery for 35 days after its deletion
    (D18). A restore creates the table, and is refused if one with its name exists.
    """
    name = shlex.quote(table)
    listing = f"aws dynamodb list-backups --table-name {name} --backup-type ALL --region {region}"
    restoring = (
        f"aws dynamodb restore-table-from-backup --target-table-name {name} --region {region}"
        " --backup-arn ARN"
    )
    return (
        f"to restore its items first: `{listing}` names the backups (AWS keeps one for 35 days if"
        f" point-in-time recovery was on), `{restoring}` restores one,"
        f" `provision up --adopt {node}` takes it over"
    )


def _made(aws: Aws, table: str, name: str, known: frozenset[str]) -> str:
    """Start the backup and return its ARN.

    CreateBackup takes no token: after a lost answer, the backup is searched for before a retry.
    """
    for tries_left in (2, 1, 0):
        try:
            answer = aws.dynamodb.create_backup(TableName=table, BackupName=name)
        except (ClientError, HTTPClientError) as error:
            if not may_have_been_created(error):
                raise
            if arn := _after_all(aws, table, name, known):
                return arn
            if not tries_left:
                raise
        else:
            return answer["BackupDetails"]["BackupArn"]
    raise AssertionError


def _after_all(aws: Aws, table: str, name: str, known: frozenset[str]) -> str | None:
    """Return the ARN of a backup that was made although its answer was lost, or None.

    Names may repeat, so `known` are the ARNs that existed before the call.
    """
    for pause in LOST:
        for one in _listed(aws, table):
            if one["BackupName"] == name and one["BackupArn"] not in known:
                return one["BackupArn"]
        aws.clock.sleep(pause)
    return None


def _listed(aws: Aws, table: str) -> list[BackupSummaryTypeDef]:
    """Return the backups of the present table: a recreated table has another id (D1)."""
    described = aws.dynamodb.describe_table(TableName=table)["Table"]
    pages = aws.dynamodb.get_paginator("list_backups").paginate(TableName=table, BackupType="USER")
    return [
        one
        for page in pages
        for one in page.get("BackupSummaries", [])
        if one["TableId"] == described["TableId"] and one["BackupStatus"] != "DELETED"
    ]


def _wait_available(aws: Aws, arn: str, name: str) -> BackupDetailsTypeDef:
    def available() -> BackupDetailsTypeDef | None:
        with ignore_not_found(), suppress(aws.dynamodb.exceptions.BackupNotFoundException):
            found = aws.dynamodb.describe_backup(BackupArn=arn)["BackupDescription"]
            details = found["BackupDetails"]
            if details["BackupStatus"] == "DELETED":
                raise ApiError(
                    f"the backup {name} was deleted by another party",
                    hint="run it again: it creates another",
                )
            return details if details["BackupStatus"] == "AVAILABLE" else None
        return None  # it is not visible yet

    return aws.wait(f"the backup {name} to be complete", available, budget=AVAILABLE_BUDGET)
