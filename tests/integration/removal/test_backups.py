"""The final backup: made once, when data is deleted, complete, and enough to restore all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from provision.clock import Clock
from provision.errors import ProvisionError
from provision.plan.change import Action
from provision.plan.options import PlanOptions
from provision.steps.dynamodb.table import Table
from provision.views.results import print_receipt
from tests.support.harness import Died, Recorder, Where, Workshop, empty, one_node

TABLE = Table(name="tap-dev-items", key="id", tags={"team": "a"})
STACK = one_node(TABLE, name="table.items")
NAMED = PlanOptions(destroy=frozenset({"table.items"}))


@pytest.fixture
def filled(workshop: Workshop) -> Workshop:
    workshop.run(STACK, "up")
    for number in range(3):
        boto3.client("dynamodb").put_item(
            TableName=TABLE.name, Item={"id": {"S": f"item {number}"}}
        )
    return workshop


def backups() -> list[dict[str, Any]]:
    return [dict(found) for found in boto3.client("dynamodb").list_backups()["BackupSummaries"]]


def tables() -> list[str]:
    found: list[str] = boto3.client("dynamodb").list_tables()["TableNames"]
    return found


def test_data_that_goes_can_be_had_back_with_what_is_printed(filled: Workshop) -> None:
    outcome = filled.run(STACK, "down", plan_options=NAMED)
    assert tables() == []
    saved = outcome.backups["table.items"]
    assert saved.name.startswith("tap-dev.table.items.final.2")
    assert backups()[0]["BackupArn"] == saved.arn
    words = saved.restore.split()
    assert words[:3] == ["aws", "dynamodb", "restore-table-from-backup"]
    given = dict(zip(words[3::2], words[4::2], strict=True))
    assert given["--region"] == "us-east-1"
    boto3.client("dynamodb").restore_table_from_backup(
        TargetTableName=given["--target-table-name"], BackupArn=given["--backup-arn"]
    )
    adopted = filled.run(STACK, "up", plan_options=PlanOptions(adopt=frozenset({"table.items"})))
    assert adopted.changes["table.items"].action is Action.UPDATE
    assert boto3.client("dynamodb").scan(TableName=TABLE.name)["Count"] == 3
    assert filled.run(STACK, "up").changes["table.items"].action is Action.KEEP


def test_what_stays_is_counted_and_says_what_to_type(filled: Workshop) -> None:
    kept = filled.run(STACK, "down", plan_options=PlanOptions()).changes["table.items"]
    assert kept.stored_data
    assert kept.stored_data.items == 3
    assert "3 items" in kept.reason
    assert "deletion protection is on" in kept.reason
    assert kept.reason.endswith("`provision up --destroy table.items` deletes it")
    assert backups() == []


def test_none_is_made_when_none_is_wanted(filled: Workshop) -> None:
    outcome = filled.run(STACK, "down", plan_options=replace(NAMED, backup=False))
    assert "--no-backup" in outcome.changes["table.items"].reason
    assert (tables(), backups(), outcome.backups) == ([], [], {})


def test_replacing_a_table_and_dropping_it_from_the_configuration(filled: Workshop) -> None:
    other_key = one_node(replace(TABLE, key="pk"), name="table.items")
    replaced = filled.run(other_key, "up", plan_options=NAMED)
    assert replaced.backups["table.items"].arn == backups()[0]["BackupArn"]
    dropped = filled.run(empty(), "up", plan_options=NAMED)
    assert dropped.backups["table.items"].arn == backups()[1]["BackupArn"]
    assert tables() == []


@pytest.mark.parametrize("where", Where)
def test_killed_at_any_write_the_last_backup_is_of_what_went(
    filled: Workshop, where: Where
) -> None:
    for number in range(1, 4):  # CreateBackup, UpdateTable, DeleteTable
        filled.run(STACK, "up")
        before = len(backups())
        with pytest.raises(Died):
            filled.run(STACK, "down", plan_options=NAMED, recorder=Recorder(die=(where, number)))
        left = len(backups()) - before
        again = bool(tables())
        outcome = filled.run(STACK, "down", plan_options=NAMED)
        assert tables() == []
        assert len(backups()) - before == left + again
        if again:
            last = backups()[-1]
            assert outcome.backups["table.items"].arn == last["BackupArn"]
            assert len(outcome.backups["table.items"].earlier) == left


def begun(workshop: Workshop) -> str:
    """Interrupt a `down` between the backup and the deletion; return the backup's ARN."""
    with pytest.raises(Died):
        workshop.run(STACK, "down", plan_options=NAMED, recorder=Recorder(die=(Where.AFTER, 1)))
    (made,) = backups()
    return str(made["BackupArn"])


def items_in(arn: str) -> set[str]:
    """Return the items in the backup, read from a table restored from it."""
    client = boto3.client("dynamodb")
    client.restore_table_from_backup(TargetTableName="restored", BackupArn=arn)
    return {item["id"]["S"] for item in client.scan(TableName="restored")["Items"]}


def test_what_was_written_after_a_run_cut_short_is_in_the_backup(
    filled: Workshop, tmp_path: Path
) -> None:
    """A later `down` makes a new backup if callers wrote after the interrupted one.

    Another copy of the state creates the stack again, so that callers write, while this copy's
    record still has a pending deletion.
    """
    old = begun(filled)
    other = Workshop(tmp_path / "another machine")
    other.run(STACK, "up")
    boto3.client("dynamodb").put_item(TableName=TABLE.name, Item={"id": {"S": "late"}})
    saved = filled.run(STACK, "down", plan_options=NAMED).backups["table.items"]
    assert items_in(saved.arn) == {"item 0", "item 1", "item 2", "late"}
    assert saved.earlier == (old,)


def test_the_receipt_tells_of_which_second_a_backup_is(
    filled: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time is AWS's, because this machine's clock may be wrong."""
    wrong = datetime.now(UTC) + timedelta(days=400)
    monkeypatch.setattr(Clock, "today", lambda _: wrong)
    outcome = filled.run(STACK, "down", plan_options=NAMED)
    by_aws = backups()[0]["BackupCreationDateTime"].astimezone(UTC)
    assert outcome.backups["table.items"].made == f"{by_aws:%Y-%m-%dT%H:%M:%SZ}"
    console = Console(width=200, file=StringIO())
    print_receipt(console, outcome, lambda *words: " ".join(words))
    assert isinstance(console.file, StringIO)
    assert f"backed up table.items as of {by_aws:%Y-%m-%dT%H:%M:%SZ}: " in console.file.getvalue()


def test_one_of_an_earlier_table_of_that_name_is_not_this_ones(filled: Workshop) -> None:
    begun(filled)
    client = boto3.client("dynamodb")
    client.update_table(TableName=TABLE.name, DeletionProtectionEnabled=False)
    client.delete_table(TableName=TABLE.name)
    described = filled.connect(Recorder())
    TABLE.with_owner("tap-dev/table.items").create(described)
    saved = filled.run(STACK, "down", plan_options=NAMED).backups["table.items"]
    assert saved.earlier == ()
    assert len(backups()) == 2


def test_a_backup_that_cannot_be_made_keeps_the_table(filled: Workshop) -> None:
    class Denied(Recorder):
        def _before(self, model: Any, **more: Any) -> None:
            if model.name == "CreateBackup":
                error = {"Error": {"Code": "AccessDeniedException", "Message": "not you"}}
                raise ClientError(error, model.name)  # type: ignore[arg-type]
            super()._before(model, **more)

    with pytest.raises(ProvisionError, match=r"no backup could be made, so .* is kept:") as caught:
        filled.run(STACK, "down", plan_options=NAMED, recorder=Denied())
    assert "--no-backup" in caught.value.hint
    assert tables() == [TABLE.name]
