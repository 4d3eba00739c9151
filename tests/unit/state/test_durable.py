"""The journal is on disk before AWS is called: the recorded order of writes and fsyncs.

No test cuts the power of a disk. A loss of power would undo writes without an fsync: files whose
content is not synced, and directories whose names are not.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from provision.files import make_private, replace_private
from provision.state.journal import Journal
from provision.state.other_location import PinnedLocation
from provision.steps import KINDS
from provision.steps.sqs.queue import Queue
from tests.support.harness import HOLDER, Recorder, Workshop, one_node

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="descriptors are named by /proc")

SHORT_LIVED = {"lock", "lock.json"}
"""Files about the running command; after a loss of power there is none."""


@dataclass
class Disk:
    """Operations on files in their order, and those that a loss of power would undo."""

    top: Path
    events: list[str] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)
    """Files with content, and directories with names, that are not on disk."""

    def name(self, path: str | os.PathLike[str] | int) -> str | None:
        """Return the path below the root, without the random part of a temporary name."""
        full = Path(f"/proc/self/fd/{path}").readlink() if isinstance(path, int) else Path(path)
        if not full.is_relative_to(self.top):
            return None
        parts = full.relative_to(self.top).parts
        return "/".join("new" if part.endswith(".new") else part for part in parts) or "."

    def note(self, what: str, name: str | None) -> None:
        if name and name.rpartition("/")[2] not in SHORT_LIVED:
            self.events.append(f"{what} {name}")

    def begin_anew(self) -> None:
        self.events.clear()


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk(tmp_path)
    write, truncate, replace, mkdir = os.write, os.ftruncate, os.replace, os.mkdir
    real_open = os.open

    def folder(path: Any) -> str:
        return disk.name(Path(path).parent) or ""

    def recorded_open(path: Any, flags: int, *rest: Any, **more: Any) -> int:
        new = flags & os.O_CREAT and not Path(path).exists()
        descriptor = real_open(path, flags, *rest, **more)
        if new and (name := disk.name(path)):
            disk.note("make", name)
            if not name.endswith("new") and name.rpartition("/")[2] not in SHORT_LIVED:
                disk.lost.add(folder(path))
        return descriptor

    def recorded(what: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def change(descriptor: int, value: Any) -> Any:
            if name := disk.name(descriptor):
                disk.note(what, name)
                disk.lost.add(name)
            return real(descriptor, value)

        return change

    def recorded_sync(descriptor: int) -> None:
        if name := disk.name(descriptor):
            disk.note("sync", name)
            disk.lost.discard(name)

    def recorded_replace(old: Any, new: Any, **more: Any) -> None:
        if name := disk.name(new):
            assert disk.name(old) not in disk.lost, "a name for what is not on disk yet"
            disk.note("rename", name)
            if name.rpartition("/")[2] not in SHORT_LIVED:
                disk.lost.add(folder(new))
        replace(old, new, **more)

    def recorded_mkdir(path: Any, *rest: Any, **more: Any) -> None:
        mkdir(path, *rest, **more)
        if name := disk.name(path):
            disk.note("make", name)
            disk.lost.add(folder(path))

    monkeypatch.setattr(os, "open", recorded_open)
    monkeypatch.setattr(os, "write", recorded("write", write))
    monkeypatch.setattr(os, "ftruncate", recorded("empty", truncate))
    monkeypatch.setattr(os, "fsync", recorded_sync)
    monkeypatch.setattr(os, "replace", recorded_replace)
    monkeypatch.setattr(os, "mkdir", recorded_mkdir)
    return disk


def test_a_file_is_replaced_whole_or_not_at_all(disk: Disk, tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("older")
    replace_private(tmp_path / "state.json", b"{}")
    expected = ["make new", "write new", "sync new", "rename state.json", "sync ."]
    assert disk.events == expected
    assert disk.lost == set()


def test_a_directory_is_on_disk_with_those_above_it(disk: Disk, tmp_path: Path) -> None:
    make_private(tmp_path / "a" / "b")
    assert disk.events == ["make a", "sync .", "make a/b", "sync a"]


def test_an_opened_journal_is_on_disk_by_its_name(disk: Disk, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "state", "tap-dev", KINDS).open(HOLDER)
    made, named = "make state/journal.jsonl", "sync state"
    assert named in disk.events[disk.events.index(made) :]
    assert disk.lost - {"state/new"} == set()
    journal.close()


def test_each_line_is_on_disk_when_it_was_told(disk: Disk, tmp_path: Path) -> None:
    journal = Journal(tmp_path, "tap-dev", KINDS).open(HOLDER)
    step = Queue(name="a", tags={})
    lines: list[Callable[[], None]] = [
        lambda: journal.begin("a", "create", step, ()),
        lambda: journal.done("a", step),
        lambda: journal.depose("a"),
        lambda: journal.done("a", None),
    ]
    for line in lines:
        disk.begin_anew()
        line()
        assert disk.events == ["write journal.jsonl", "sync journal.jsonl"]
    journal.close()


def test_the_log_is_emptied_only_when_the_snapshot_holds_it(disk: Disk, tmp_path: Path) -> None:
    journal = Journal(tmp_path, "tap-dev", KINDS).open(HOLDER)
    journal.done("a", Queue(name="a", tags={}))
    folded = [
        *("make new", "write new", "sync new", "rename state.json", "sync ."),
        *("empty journal.jsonl", "sync journal.jsonl"),
    ]
    folds: list[Callable[[], None]] = [
        lambda: journal.pin(PinnedLocation("123456789012", "us-east-1")),
        lambda: journal.replace_all(journal.records),
        journal.close,
    ]
    for fold in folds:
        disk.begin_anew()
        fold()
        assert disk.events == folded


@dataclass
class Witness(Recorder):
    """Checks the disk whenever a write request is sent."""

    disk: Disk | None = None

    def _before(self, model: Any, **rest: Any) -> None:
        assert self.disk
        super()._before(model, **rest)
        if self.writes and self.writes[-1] == model.name:
            assert self.disk.lost == set(), f"{model.name} left while this was not on disk"
            self.disk.note("call", model.name)


def test_no_write_leaves_before_its_line_is_on_disk(disk: Disk, workshop: Workshop) -> None:
    log = "state/journal.jsonl"
    queue = one_node(Queue(name="tap-dev-it", tags={}))
    for verb, call in (("up", "CreateQueue"), ("down", "DeleteQueue")):
        disk.begin_anew()
        workshop.run(queue, verb, recorder=Witness(disk=disk))
        place = disk.events.index(f"call {call}")
        assert disk.events[place - 2 : place] == [f"write {log}", f"sync {log}"]
        assert disk.events[place + 1 : place + 3] == [f"write {log}", f"sync {log}"]
        assert disk.lost == set()
