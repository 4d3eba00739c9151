"""The final backup: a new one each time, also if the answer is lost, and when it was made."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from provision.steps.dynamodb.backup import LOST, final_backup
from tests.support.harness import new_aws

TABLE = "tap-dev-items"


@pytest.fixture
def dynamodb(account: None) -> Any:
    client = new_aws().dynamodb
    client.create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return client


def arns(dynamodb: Any) -> list[str]:
    return [one["BackupArn"] for one in dynamodb.list_backups()["BackupSummaries"]]


def losing(aws: Any, monkeypatch: pytest.MonkeyPatch, *, done: bool, times: int = 1) -> list[str]:
    """Lose the answers of the next calls, which AWS carried out or not; return all their names."""
    create, asked = aws.dynamodb.create_backup, list[str]()

    def lost(**request: Any) -> Any:
        asked.append(request["BackupName"])
        if done or len(asked) > times:
            answer = create(**request)
        if len(asked) > times:
            return answer
        raise ReadTimeoutError(endpoint_url="x")

    monkeypatch.setattr(aws.dynamodb, "create_backup", lost)
    return asked


def test_one_whose_answer_was_lost_is_found(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy with the same name from before the call is not it."""
    aws = new_aws()
    before = final_backup(new_aws(), TABLE, "tap/dev")
    today = new_aws().clock.today()
    monkeypatch.setattr(aws.clock, "today", lambda: today)
    twin = dynamodb.create_backup(
        TableName=TABLE, BackupName=f"tap.dev.final.{today:%Y%m%dT%H%M%SZ}"
    )
    dynamodb.create_backup(TableName=TABLE, BackupName="another")
    asked = losing(aws, monkeypatch, done=True)
    made = final_backup(aws, TABLE, "tap/dev")
    assert len(asked) == 1
    assert made.arn not in {before.arn, twin["BackupDetails"]["BackupArn"]}
    assert len(arns(dynamodb)) == 4
    assert made.arn in arns(dynamodb)


def test_one_that_was_never_begun_is_begun_again(
    dynamodb: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws = new_aws()
    dynamodb.create_backup(TableName=TABLE, BackupName="another")
    asked = losing(aws, monkeypatch, done=False, times=2)
    made = final_backup(aws, TABLE, "tap/dev")
    assert asked == [made.name] * 3
    assert len(arns(dynamodb)) == 2
    assert aws.clock.slept[: 2 * len(LOST)] == [*LOST, *LOST]  # type: ignore[attr-defined]


def test_after_the_third_loss_it_is_an_error(
    dynamodb: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws = new_aws()
    asked = losing(aws, monkeypatch, done=False, times=9)
    with pytest.raises(ReadTimeoutError):
        final_backup(aws, TABLE, "tap/dev")
    assert len(asked) == 3


def test_a_refusal_is_not_asked_again(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    aws, asked = new_aws(), list[str]()

    def refuse(**request: Any) -> Any:
        asked.append(request["BackupName"])
        raise ClientError(
            {
                "Error": {"Code": "AccessDeniedException", "Message": "no"},
                "ResponseMetadata": {"HTTPStatusCode": 400},  # type: ignore[typeddict-item]
            },
            "CreateBackup",
        )

    monkeypatch.setattr(aws.dynamodb, "create_backup", refuse)
    with pytest.raises(ClientError, match="AccessDenied"):
        final_backup(aws, TABLE, "tap/dev")
    assert len(asked) == 1


@pytest.fixture
def in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as moved:
        moved.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_tokyo")
def test_its_time_is_in_utc_wherever_it_is_made(dynamodb: Any) -> None:
    made = final_backup(new_aws(), TABLE, "tap/dev")
    now = new_aws().clock.today()
    assert made.name.startswith(f"tap.dev.final.{now:%Y%m%dT}")
    assert made.made[:13] in {f"{now:%Y-%m-%dT%H}", f"{made.name[14:18]}-{now:%m-%dT%H}"}
    assert made.made.endswith("Z")
    assert made.restore == (
        f"aws dynamodb restore-table-from-backup --region us-east-1 --target-table-name {TABLE}"
        f" --backup-arn {made.arn}"
    )
