"""Before the user agrees, no command can write: each is tried with steps that do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import boto3
import pytest

from provision.aws.client import Aws
from provision.model.step import Step
from provision.steps.dynamodb.table import Table
from provision.steps.logs.log_group import LogGroup
from tests.faults.gates.world import make_table
from tests.integration.test_cli import Keyboard, Provision, home, provision

__all__ = ["home", "provision"]  # fixtures
pytestmark = pytest.mark.usefixtures("account", "fast")

STOPPED = "CreateQueue was stopped: this command only reads"


def write(aws: Aws) -> None:
    aws.sqs.create_queue(QueueName="written")


def written() -> bool:
    return bool(boto3.client("sqs").list_queues().get("QueueUrls"))


def observes_and_writes(self: Step, aws: Aws) -> Step | None:
    write(aws)
    return None


def searches_and_writes(self: Step, aws: Aws) -> Sequence[Step]:
    write(aws)
    return ()


@pytest.mark.parametrize("kind", [LogGroup, Table], ids=["log group", "table"])
@pytest.mark.parametrize(
    "words",
    [
        ("plan",),
        ("plan", "--json"),
        ("status",),
        ("outputs",),
        ("refresh",),
        ("up", "--yes"),
        ("up",),
        ("down", "--yes"),
    ],
    ids=" ".join,
)
def test_a_look_that_writes_is_stopped(
    provision: Provision,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[Step],
    words: tuple[str, ...],
) -> None:
    monkeypatch.setattr(kind, "observe", observes_and_writes)
    monkeypatch.setattr(kind, "find_candidates", searches_and_writes)
    monkeypatch.setattr("sys.stdin", Keyboard("y\n"))
    told = provision(*words)
    assert (told.code, STOPPED in told.err + told.out) == (1, True), told.err
    assert not written()


def first_writes(*given: Any, **_: Any) -> Any:
    """Write, in the place of a part of a command, with any connection to AWS it has."""
    first, *others = given
    for one in (first, *others):
        aws = one if isinstance(one, Aws) else getattr(one, "aws", None)
        aws = aws or getattr(getattr(one, "engine", None), "aws", None)
        if isinstance(aws, Aws):
            write(aws)
            return None
    raise AssertionError(given)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("plan",), "provision.workspace.zones_of"),
        (("push",), "provision.workspace.zones_of"),
        (("plan",), "provision.commands.prerequisites.check_prerequisites"),
        (("up", "--yes"), "provision.commands.prerequisites.check_prerequisites"),
        (("push",), "provision.workflows.push._ReleasePlanner.release"),
        (("push", "--watch"), "provision.workflows.push._ReleasePlanner.release"),
        (("status",), "provision.commands.status.read_health"),
        (("outputs", "api_key"), "provision.commands.outputs.find_keys"),
        (("keys", "list"), "provision.workflows.rotate_keys.find_keys"),
        (("down", "--yes"), "provision.steps.dynamodb.table.Table.stored_data"),
        (("down", "--yes"), "provision.commands.down.removal_report"),
    ],
    ids=str,
)
def test_nor_does_what_it_looks_with(
    provision: Provision, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], part: str
) -> None:
    make_table()
    monkeypatch.setattr(part, first_writes)
    # A watch that sees one save, and would then wait forever.
    monkeypatch.setattr("provision.commands.push_watch.watch_saves", lambda *_: iter([["items"]]))
    told = provision(*words)
    assert (told.code, STOPPED in told.err) == (1, True), told.err
    assert not written()
