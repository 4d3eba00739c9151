"""An emulator that runs but does not answer keeps its data, and can be stopped."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

from provision import local
from provision.local import server
from provision.local.identity import read_record
from tests.unit.local.conftest import connect, free_port, quiet
from tests.unit.local.test_ports import Ports, ports

__all__ = ["ports"]  # fixture

STOPS = pytest.mark.skipif(sys.platform == "win32", reason="no SIGSTOP")


@contextmanager
def standing_still(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BUSY_SECONDS", "ANSWER_SECONDS", "STOP_SECONDS"):
        monkeypatch.setattr(f"provision.local.emulator.{name}", 0.3)


@STOPS
@pytest.mark.emulator
@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("asked", [True, False], ids=["a port asked for", "any port"])
def test_a_second_start_leaves_it_as_it_is(
    root: Path, monkeypatch: pytest.MonkeyPatch, asked: bool
) -> None:
    emulator = local.start(root, port=free_port(), report=quiet)
    (temporary,) = root.glob("data-*/tmp")
    before = {*temporary.iterdir()}, (root / "log.txt").read_bytes(), read_record(root)
    assert before[0], "functions run in there"
    with standing_still(emulator.pid), pytest.raises(local.EmulatorFailed) as caught:
        local.start(root, port=free_port() if asked else None, report=quiet)
    assert caught.value.message == f"the emulator of {root} runs, and does not identify itself"
    assert f"{emulator.pid}" in caught.value.hint
    assert before == ({*temporary.iterdir()}, (root / "log.txt").read_bytes(), read_record(root))
    monkeypatch.undo()
    assert connect("sns", emulator.endpoint).list_topics()["Topics"] == []
    assert local.stop(root)
    assert not local.is_running(root)


@STOPS
@pytest.mark.usefixtures("soon")
def test_who_does_not_end_is_named(root: Path, ports: Ports) -> None:
    emulator = local.start(root, report=quiet)
    with standing_still(emulator.pid), pytest.raises(local.EmulatorFailed) as caught:
        local.stop(root)
    assert "does not end within" in caught.value.message
    assert f"{emulator.pid}" in caught.value.hint


def test_one_that_is_ending_is_waited_for(root: Path, ports: Ports) -> None:
    """An emulator that is stopping answers no more, and holds its lock until all is saved."""
    root.mkdir()
    lock = FileLock(root / "serving.lock", thread_local=False)
    lock.acquire()
    threading.Timer(0.5, lock.release).start()
    assert local.start(root, report=quiet).port == ports[0]
    assert not lock.is_locked


def run(root: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """Run `server.main`, and return what its record says while it serves."""
    served: list[dict[str, object]] = []

    async def serve(_: server.Who) -> None:
        served.append(read_record(root))

    monkeypatch.setattr(server, "_serve", serve)
    monkeypatch.setattr(sys, "argv", ["server", str(root), "4700"])
    monkeypatch.setattr(sys, "stdin", io.StringIO(key))
    server.main()
    return served


def test_it_says_itself_where_it_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that started it may be killed before it could write the address."""
    assert run(tmp_path, "key", monkeypatch) == [{"port": 4700, "pid": os.getpid()}]


def test_a_look_at_the_lock_keeps_no_emulator_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = FileLock(tmp_path / "serving.lock", thread_local=False)
    lock.acquire()
    threading.Timer(0.3, lock.release).start()
    assert run(tmp_path, "key", monkeypatch)


def test_a_second_one_ends_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "LOCK_SECONDS", 0.1)
    with (
        FileLock(tmp_path / "serving.lock"),
        pytest.raises(SystemExit, match="another emulator serves"),
    ):
        run(tmp_path, "key", monkeypatch)
    assert read_record(tmp_path) == {}


def test_without_a_key_it_does_not_serve(tmp_path: Path) -> None:
    """If the starting command was killed, the emulator could prove nothing and not be stopped."""
    done = subprocess.run(
        [sys.executable, "-m", "provision.local.server", str(tmp_path), str(free_port())],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.strip() == "the key of this emulator is missing on stdin"
    assert list(tmp_path.iterdir()) == []
