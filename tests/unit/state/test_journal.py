"""The journal: written ahead of every change, complete after any crash, one writer at a time."""

from __future__ import annotations

import json
import multiprocessing
import os
from pathlib import Path

import pytest

from provision.errors import Locked, StateError, WrongAccount
from provision.state.holder import LockHolder
from provision.state.journal import Journal
from provision.state.other_location import PinnedLocation
from provision.state.record import Record, from_json, to_json
from provision.state.unreadable import Disposable
from provision.steps import KINDS
from provision.steps.apigateway.rest_api.api import RestApi
from provision.steps.apigateway.rest_api.contents import Cors, Route
from provision.steps.dynamodb.table import Table
from provision.unknown import is_known
from tests.support.harness import HOLDER

TABLE = Table(name="tap-dev-items", key="id", tags={"a": "b"}, arn="arn:x")
OTHER = Table(name="tap-dev-other", key="id", tags={})


def opened(directory: Path) -> Journal:
    return Journal(directory, "tap-dev", KINDS).open(HOLDER)


def test_begin_is_on_disk_before_it_returns(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.begin("table.items", "create", TABLE, ("x",))
    # a process that dies here leaves this file
    node, record = json.loads((tmp_path / "journal.jsonl").read_text())
    assert node == "table.items"
    assert record["doing"] == "create"
    assert record["needs"] == ["x"]
    again = Journal.read(tmp_path, "tap-dev", KINDS)
    assert again.records["table.items"].step == TABLE
    journal.close()


def test_survives_closing_and_opening(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.done("a", TABLE)
    journal.done("b", OTHER)
    journal.done("b", None)
    journal.close()
    assert (tmp_path / "journal.jsonl").read_bytes() == b""
    assert (tmp_path / "state.json").read_text().startswith('{\n "schema": ')  # people read it
    journal = opened(tmp_path)
    assert {name: record.step for name, record in journal.records.items()} == {"a": TABLE}
    journal.close()


def test_torn_at_every_byte_only_the_torn_entry_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # thousands of them prove nothing here
    journal = opened(tmp_path / "whole")
    journal.done("a", TABLE)
    journal.begin("b", "create", OTHER, ())
    log = (tmp_path / "whole" / "journal.jsonl").read_bytes()
    snapshot = (tmp_path / "whole" / "state.json").read_bytes()
    first = log.index(b"\n") + 1
    for size in range(len(log) + 1):
        torn = tmp_path / f"torn{size}"
        torn.mkdir()
        (torn / "state.json").write_bytes(snapshot)
        (torn / "journal.jsonl").write_bytes(log[:size])
        reopened = opened(torn)
        whole = {"a", "b"} if size == len(log) else {"a"} if size >= first else set()
        assert set(reopened.records) == whole
        reopened.done("c", TABLE)  # the next entry has its own line
        reopened.close()
        assert set(Journal.read(torn, "tap-dev", KINDS).records) == whole | {"c"}
    journal.close()


def test_replaying_the_log_over_its_own_snapshot_changes_nothing(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.done("a", TABLE)
    journal.done("b", OTHER)
    journal.done("b", None)
    log = (tmp_path / "journal.jsonl").read_bytes()
    journal.close()
    (tmp_path / "journal.jsonl").write_bytes(log)  # died between snapshot and emptying
    assert set(Journal.read(tmp_path, "tap-dev", KINDS).records) == {"a"}


def test_files_are_for_the_user_only(tmp_path: Path) -> None:
    journal = opened(tmp_path / "state")
    journal.done("a", TABLE)
    for file in ("state.json", "journal.jsonl", "lock.json"):
        assert (tmp_path / "state" / file).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    journal.close()


def _hold(directory: str, held: multiprocessing.Event, die: multiprocessing.Event) -> None:  # type: ignore[valid-type]
    holder = LockHolder("ann", "laptop", os.getpid(), "2026-11-23T20:00:00+00:00", "provision up")
    journal = Journal(Path(directory), "tap-dev", KINDS).open(holder)
    held.set()  # type: ignore[attr-defined]
    die.wait(120)  # type: ignore[attr-defined]
    os._exit(9 if journal.records else 8)


def test_a_second_writer_is_told_who_works_and_a_dead_one_does_not_block(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    held, die = spawn.Event(), spawn.Event()
    process = spawn.Process(target=_hold, args=(str(tmp_path), held, die))
    process.start()
    assert held.wait(120)  # on a busy machine the process's imports take long
    with pytest.raises(Locked, match=r'ann@laptop \(pid \d+, "provision up", since 2026') as told:
        opened(tmp_path)
    assert told.value.hint == "wait for it to end; if it dies, the lock is free at once"
    assert Locked.exit_code == 6
    Journal.read(tmp_path, "tap-dev", KINDS)  # reading needs no lock
    die.set()
    process.join(120)
    opened(tmp_path).close()


def test_another_account_is_refused(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.pin(PinnedLocation("111111111111", "us-east-1"))
    journal.close()
    journal = opened(tmp_path)
    with pytest.raises(WrongAccount, match=r"^tap-dev lives in account 111111111111, us-east-1"):
        journal.pin(PinnedLocation("222222222222", "us-east-1"))
    with pytest.raises(WrongAccount) as region:
        journal.check(PinnedLocation("111111111111", "eu-west-1"))
    assert region.value.hint.endswith(
        f"`provision plan --region eu-west-1 --state {tmp_path}-eu-west-1`"
    )
    journal.close()


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ("{", "is not a state file"),
        ('{"schema": 99, "stack": "tap-dev"}', "newer provision"),
        (f'{{"schema": {10**400}, "stack": "tap-dev"}}', r"\(schema above 9999, this one"),
        ('{"schema": 1, "stack": "other-dev"}', "belongs to the stack other-dev"),
        (
            (
                '{"schema": 1, "stack": "tap-dev", "account": null, "region": null, "records":'
                ' {"a": {"kind": "no.such", "step": {}, "needs": [], "doing": ""}}}'
            ),
            "the record of a in .* cannot be read: 'no.such'$",
        ),
    ],
)
def test_a_state_that_cannot_be_used_is_refused_whole(
    tmp_path: Path, state: str, message: str
) -> None:
    (tmp_path / "state.json").write_text(state)
    with pytest.raises(StateError, match=message) as caught:
        opened(tmp_path)
    assert caught.value.hint
    assert (tmp_path / "state.json").read_text() == state
    (tmp_path / "state.json").unlink()
    opened(tmp_path).close()  # the lock was released


def test_a_directory_that_cannot_be_made_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match=r"cannot be used: Not a directory$") as caught:
        opened(tmp_path / "file" / "state")
    assert caught.value.hint == ("free space, fix its permissions, or choose another with --state")


def test_something_else_in_the_place_of_the_lock_is_shown_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "another")
    with pytest.raises(StateError, match=f"cannot be used: {tmp_path}/lock ") as caught:
        opened(tmp_path)
    assert caught.value.hint == "check what it is and remove it, or choose another with --state"


def test_an_error_without_words_of_the_system_is_shown_by_its_own(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "tap-dev", KINDS)
    assert journal._unusable(OSError("quota")).message.endswith("cannot be used: quota")


def test_nothing_is_written_without_the_lock(tmp_path: Path) -> None:
    journal = Journal.read(tmp_path, "tap-dev", KINDS)
    with pytest.raises(StateError, match=r"^the journal is not open for writing$"):
        journal.done("a", TABLE)


def test_a_full_disk_stops_before_the_verb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = opened(tmp_path)

    def full(descriptor: int, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StateError, match="No space left"):
        journal.begin("a", "create", TABLE, ())
    assert "a" not in journal.records
    with pytest.raises(StateError, match="No space left"):
        journal.replace_all({})
    with pytest.raises(StateError, match="No space left"):
        opened(tmp_path / "another")
    monkeypatch.setattr(os, "ftruncate", full)  # not even the written part of it can be undone
    with pytest.raises(StateError, match="No space left"):
        journal.begin("a", "create", TABLE, ())


def test_retiring_sets_a_record_aside_once(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.done("a", TABLE)
    journal.depose("a")
    journal.depose("a")
    assert set(journal.records) == {"a", "a~1"}
    journal.begin("a", "replace", OTHER, ("b",))
    journal.depose("a")
    assert set(journal.records) == {"a", "a~1", "a~2"}
    assert journal.records["a~2"] == Record(OTHER, ("b",))
    journal.close()


def test_a_deletion_is_written_once_and_may_be_read_twice(tmp_path: Path) -> None:
    """A crash between the snapshot and the emptying of the log leaves the deletion in both."""
    journal = opened(tmp_path)
    journal.done("a", None)
    assert (tmp_path / "journal.jsonl").read_bytes() == b'["a",null]\n'
    journal.close()


def test_a_reader_has_the_current_names(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.done("table.old", TABLE)
    journal.close()
    for kind in (Journal, Disposable):
        read = kind.read(tmp_path, "tap-dev", KINDS, {"table.old": "table.items"})
        assert list(read.records) == ["table.items"]


def test_what_was_added_since_a_record_was_written_has_its_default_at_every_depth() -> None:
    """An earlier version recorded no `expose`; `is_known` and the comparison read `vars`."""
    cors = Cors(origin="*", headers=("X-Api-Key",), max_age=600, expose=("ETag",))
    routes = (Route("POST", "/items", "arn:x", body="Item", query=("q",)),)
    api = RestApi(name="tap", routes=routes, models={}, cors=cors, tags={})
    written = to_json(api)
    del written["cors"]["expose"], written["routes"][0]["query"]
    read = from_json(RestApi, written)
    assert is_known(read)
    assert isinstance(read, RestApi)
    assert read.cors
    assert vars(read.cors) == vars(cors) | {"expose": ()}
    assert vars(read.routes[0]) == vars(routes[0]) | {"query": ()}


WHOLE = {"schema": 1, "stack": "tap-dev", "account": None, "region": None, "records": {}}


@pytest.mark.parametrize(
    "state",
    [
        None,
        [],
        {},
        3,
        "text",
        *({name: value for name, value in WHOLE.items() if name != gone} for gone in WHOLE),
        WHOLE | {"schema": "1"},
        WHOLE | {"stack": None},
        WHOLE | {"account": 123456789012},
        WHOLE | {"records": []},
        WHOLE | {"records": {"node": None}},
        WHOLE | {"records": {"node": []}},
        WHOLE | {"records": {"node": {"kind": [], "step": {}, "needs": [], "doing": ""}}},
        WHOLE | {"records": {"node": {"kind": "sqs.queue", "step": [], "needs": 1, "doing": ""}}},
    ],
)
def test_json_that_is_no_state_is_told_with_what_to_do(tmp_path: Path, state: object) -> None:
    (tmp_path / "state.json").write_text(json.dumps(state))
    with pytest.raises(StateError) as refused:
        Journal.read(tmp_path, "tap-dev", KINDS)
    assert "`provision refresh` sets it aside" in refused.value.hint
    assert Disposable.read(tmp_path, "tap-dev", KINDS).records == {}
    assert not list(tmp_path.glob("*.unreadable*")), "who only reads moves nothing"
    journal = Disposable(tmp_path, "tap-dev", KINDS)
    journal.open(HOLDER)
    journal.close()
    ((kept, why),) = journal.aside.items()
    assert json.loads(kept.read_text()) == state
    assert why == refused.value.message
    assert journal.pinned is None
    Journal.read(tmp_path, "tap-dev", KINDS)


def test_a_bad_line_of_the_log_costs_the_log_alone(tmp_path: Path) -> None:
    """Records that need each other lose both; no file that was set aside is overwritten."""
    journal = opened(tmp_path)
    journal.done("table.items", TABLE)
    journal.close()
    bad = '["table.items", {"kind": "no.such", "step": {}, "needs": [], "doing": ""}]\n'
    for number in (1, 2):
        (tmp_path / "journal.jsonl").write_text(bad)
        anew = Disposable(tmp_path, "tap-dev", KINDS)
        anew.open(HOLDER)
        anew.close()
        assert list(anew.aside) == [tmp_path / f"journal.jsonl.unreadable-{number}"]
        assert Journal.read(tmp_path, "tap-dev", KINDS).records.keys() == {"table.items"}


def test_records_that_need_each_other_cost_both_files(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.done("a", TABLE, ("b",))
    journal.close()
    journal = opened(tmp_path)
    journal.done("b", OTHER, ("a",))
    journal._lock.release()  # died with the second in the log
    with pytest.raises(StateError, match=r"the records in .* need each other: ") as refused:
        Journal.read(tmp_path, "tap-dev", KINDS)
    assert Disposable.read(tmp_path, "tap-dev", KINDS).records == {}
    anew = Disposable(tmp_path, "tap-dev", KINDS)
    anew.open(HOLDER)
    anew.close()
    names = ("state.json.unreadable-1", "journal.jsonl.unreadable-1")
    assert anew.aside == {tmp_path / name: refused.value.message for name in names}
    assert Journal.read(tmp_path, "tap-dev", KINDS).records == {}


def test_what_is_another_stacks_is_not_done_without(tmp_path: Path) -> None:
    for state in ('{"schema": 99, "stack": "tap-dev"}', '{"schema": 1, "stack": "other-dev"}'):
        (tmp_path / "state.json").write_text(state)
        with pytest.raises(StateError):
            Disposable.read(tmp_path, "tap-dev", KINDS)
        with pytest.raises(StateError):
            Disposable(tmp_path, "tap-dev", KINDS).open(HOLDER)
        assert (tmp_path / "state.json").read_text() == state


def test_lines_of_the_log_that_are_no_entries_are_passed_over(tmp_path: Path) -> None:
    lines = ["null", "[]", "3", '"text"', '["node"]', "[1, 2]", "[[], {}]", "[" * 100_000]
    (tmp_path / "journal.jsonl").write_text("\n".join(lines) + "\n")
    assert Journal.read(tmp_path, "tap-dev", KINDS).records == {}
