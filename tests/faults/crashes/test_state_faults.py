"""A full disk, or one that cannot be written: reported with a remedy, and the next run finishes."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from provision.errors import StateError
from provision.model.stack import Stack
from provision.state.journal import Journal
from provision.steps import KINDS
from provision.steps.dynamodb.table import Table
from provision.steps.sqs.queue import Queue
from tests.support.harness import HOLDER, Workshop, new_aws

NAMES = ("tap-dev-a", "tap-dev-b", "tap-dev-c")


def stack() -> Stack:
    made = Stack("tap-dev")
    made.add("queue", lambda _: Queue(name=NAMES[0], tags={}))
    made.add(
        "table",
        lambda _: Table(
            name="tap-dev-items", key="id", tags={}, encryption="owned", recovery=False
        ),
    )
    return made


def queues() -> set[str]:
    listed = new_aws().sqs.list_queues().get("QueueUrls", [])
    return {url.rpartition("/")[2] for url in listed}


@contextmanager
def failing(name: str, fails: Callable[[int], bool], code: int, room: int = 0) -> Iterator[None]:
    """Let `os.name` fail with `code` if `fails(call number)`; of a write, `room` bytes fit."""
    real = vars(os)[name]
    calls = 0

    def broken(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if not fails(calls):
            return real(*arguments)
        if room and fails(calls - 1):
            raise OSError(code, os.strerror(code))
        if room:
            descriptor, content = arguments
            return real(descriptor, bytes(content)[:room])  # type: ignore[call-overload]
        raise OSError(code, os.strerror(code))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, name, broken)
        yield


def from_the(first: int) -> Callable[[int], bool]:
    return lambda number: number >= first


def only_the(first: int) -> Callable[[int], bool]:
    return lambda number: number in {first, first + 1}


def refusal(workshop: Workshop) -> StateError | None:
    try:
        workshop.run(stack(), "up")
    except StateError as error:
        return error
    return None


@pytest.mark.parametrize("room", [0, 7], ids=["nothing fits", "a part fits"])
def test_a_disk_full_at_any_write_is_told_and_the_next_run_finishes(
    tmp_path: Path, account: None, room: int
) -> None:
    refused = 0
    for number in range(1, 40, 2):
        workshop = Workshop(tmp_path / str(number))
        with failing("write", from_the(number), errno.ENOSPC, room):
            told = refusal(workshop)
        if told is None:
            break
        refused += 1
        assert "No space left on device" in told.message
        assert "free space" in (told.hint or "")
        workshop.run(stack(), "up")
        records = Journal.read(workshop.directory, "tap-dev", KINDS).records
        assert {record.pending for record in records.values()} == {""}
        workshop.run(stack(), "up")
        assert workshop.last.writes == []
        assert queues() == {NAMES[0]}
        workshop.run(stack(), "down")
        assert queues() == set()
    assert refused > 3


def test_a_disk_full_for_one_write_only_tears_no_other_record(
    tmp_path: Path, account: None
) -> None:
    """One node's record does not fit, and the next must not be on the same line."""
    for number in range(1, 30):
        workshop = Workshop(tmp_path / str(number))
        with failing("write", only_the(number), errno.ENOSPC, room=7):
            journal = Journal(workshop.directory, "tap-dev", KINDS)
            try:
                journal.open(HOLDER)
            except StateError:
                continue
            kept = set()
            for name in NAMES:
                try:
                    journal.begin(name, "create", Queue(name=name, tags={}), ())
                    kept.add(name)
                except StateError:
                    pass
            # the process dies here: nothing is folded
        assert set(Journal.read(workshop.directory, "tap-dev", KINDS).records) == kept
        journal.close()


def test_a_snapshot_that_does_not_fit_loses_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "tap-dev", KINDS).open(HOLDER)
    journal.done("a", Queue(name="a", tags={}))
    with failing("write", lambda _: True, errno.ENOSPC):
        journal.close()
    again = Journal(tmp_path, "tap-dev", KINDS).open(HOLDER)
    assert set(again.records) == {"a"}
    again.close()
    assert (tmp_path / "journal.jsonl").read_bytes() == b""
    assert set(json.loads((tmp_path / "state.json").read_text())["records"]) == {"a"}


@pytest.mark.parametrize("call", ["open", "write", "fsync"])
def test_a_state_directory_that_cannot_be_written_is_told_before_any_call(
    workshop: Workshop, call: str
) -> None:
    with (
        pytest.raises(StateError, match=r"Read-only file system") as caught,
        failing(call, lambda _: True, errno.EROFS),
    ):
        workshop.run(stack(), "up")
    assert "--state" in (caught.value.hint or "")
    assert workshop.last.writes == []
    assert workshop.last.reads == []
    workshop.run(stack(), "up")  # and the lock was released


def test_a_read_only_state_can_still_be_read(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "tap-dev", KINDS).open(HOLDER)
    journal.done("a", Queue(name="a", tags={}))
    journal.close()
    with failing("write", lambda _: True, errno.EROFS):
        assert set(Journal.read(tmp_path, "tap-dev", KINDS).records) == {"a"}
