"""A command that waits for another command's emulator says so, and not that a directory is bad."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

from provision import local
from provision.local import lock
from tests.unit.local.conftest import free_port, quiet

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists who holds a lock")
HOLDS = """
import sys
from filelock import FileLock
with FileLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held(lock: Path) -> Iterator[int]:
    """Hold the lock in another process, and yield its process id."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-c", HOLDS, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"held\n"
        try:
            yield process.pid
        finally:
            process.kill()


def test_another_command_at_work_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "COMMAND_SECONDS", 0.2)
    for act in (lambda: local.start(root, report=quiet), lambda: local.stop(root)):
        with held(root / "command.lock") as pid, pytest.raises(local.EmulatorFailed) as caught:
            act()
        told = caught.value.message
        assert told.startswith("another command")
        assert told.endswith(f"is using the emulator of {root}")
        assert "cannot be used" not in told
        if sys.platform == "linux":
            assert f" (pid {pid})," in told
            assert f" (pid {pid})," in caught.value.hint
    local.reset(root)  # nothing is left of it


def test_nor_is_a_second_secret_made_while_another_command_makes_the_first(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = (tmp_path / "first", tmp_path / "second")
    monkeypatch.setattr("provision.local.secret._places", lambda: iter(places))
    monkeypatch.setattr("provision.local.secret._LOCK_SECONDS", 0.2)
    places[0].mkdir(mode=0o700)
    with (
        held(places[0] / "emulator.key.lock"),
        pytest.raises(local.EmulatorFailed, match="is using the secret of your emulators"),
    ):
        local.start(root, port=free_port(), report=quiet)
    assert not places[1].exists()


@LINUX
def test_a_file_of_another_disk_with_the_same_number_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the message would ask the user to stop the process of that other file."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.touch()
    theirs.touch()
    proc = tmp_path / "proc"
    locks = [f"1: FLOCK ADVISORY WRITE {pid} fe:00:{ours.stat().st_ino} 0 EOF" for pid in (12, 34)]
    for pid, name, file in ((12, "browser", theirs), (34, "provision", ours)):
        (proc / f"{pid}" / "fd").mkdir(parents=True)
        (proc / f"{pid}" / "comm").write_text(f"{name}\n")
        (proc / f"{pid}" / "fd" / "3").symlink_to(file)
    monkeypatch.setattr(lock, "PROC", proc)
    (proc / "locks").write_text(f"{locks[0]}\n")
    assert lock.holder_of_lock(ours) == ""
    (proc / "locks").write_text("\n".join(locks))
    assert lock.holder_of_lock(ours) == "provision (pid 34)"


@LINUX
def test_a_lock_is_known_by_its_file(tmp_path: Path) -> None:
    assert lock.holder_of_lock(tmp_path / "none") == ""
    (tmp_path / "free").touch()
    assert lock.holder_of_lock(tmp_path / "free") == ""
    with FileLock(tmp_path / "ours"):
        assert lock.holder_of_lock(tmp_path / "ours")
    assert lock.holder_of_lock(tmp_path / "ours") == ""
