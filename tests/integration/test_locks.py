"""No lock of ours is held during a report, a drawing, a call to AWS or another program.

A report may wait for a stopped terminal, a call for a network. A lock held in the meantime stops
every thread that wants it, and forever if two locks are taken in another order.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import provision
from provision.aws.call_hooks import CallHooks
from provision.aws.concurrency import Once
from provision.aws.waiting import Waiter
from provision.cli import main
from provision.commands.session import Session
from provision.views.draw_thread import Drawing
from tests.faults.signals.conftest import home  # noqa: F401  (a fixture)

OURS = str(Path(provision.__file__).parent)


class Watched:
    """A lock that knows its holder."""

    held: Counter[int] = Counter()

    def __init__(self, lock: Any) -> None:
        self._lock = lock

    def acquire(self, *args: Any) -> bool:
        got: bool = self._lock.acquire(*args)
        self.held[threading.get_ident()] += got
        return got

    def release(self) -> None:
        self.held[threading.get_ident()] -= 1
        self._lock.release()

    def locked(self) -> bool:
        return bool(self._lock.locked())

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


@pytest.fixture
def told_under_a_lock(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return who reported, called or started a program while holding a lock of ours."""
    found: list[str] = []

    def watched(make: Callable[[], Any]) -> Callable[[], Any]:
        def made() -> Any:
            maker = sys._getframe(1).f_code.co_filename
            return Watched(make()) if maker.startswith(OURS) else make()

        return made

    def look(owner: Any, name: str) -> None:
        whole = getattr(owner, name)

        def looked(*args: Any, **more: Any) -> Any:
            if Watched.held[threading.get_ident()]:
                found.append(f"{owner.__name__}.{name}")
            return whole(*args, **more)

        monkeypatch.setattr(owner, name, looked)

    Watched.held.clear()
    monkeypatch.setattr(threading, "Lock", watched(threading.Lock))
    monkeypatch.setattr(threading, "RLock", watched(threading.RLock))
    look(CallHooks, "before_call")
    look(Waiter, "report_wait")
    look(Session, "say")
    look(Drawing, "do")
    look(subprocess, "Popen")
    return found


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    return int(ended.value.code or 0)


def test_in_a_whole_life(
    account: None,
    home: Path,  # noqa: F811
    told_under_a_lock: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    trace = str(tmp_path / "trace.json")
    assert run("-v", "up", "--yes", "--trace", trace) == 0
    assert "CreateTable" in capsys.readouterr().err, "each call was told"
    assert run("-v", "status") == 0
    assert run("-v", "push") == 0
    assert run("-v", "down", "--yes", "--destroy-data") == 0
    assert told_under_a_lock == []


def test_it_would_be_seen(told_under_a_lock: list[str]) -> None:
    namespace: dict[str, Any] = {"threading": threading}
    exec(compile("lock = threading.Lock()", f"{OURS}/planted.py", "exec"), namespace)  # noqa: S102
    with namespace["lock"]:
        subprocess.Popen([sys.executable, "-c", ""]).wait()
    subprocess.Popen([sys.executable, "-c", ""]).wait()
    assert told_under_a_lock == ["subprocess.Popen"]


def test_what_is_made_once_holds_up_nobody_else() -> None:
    made: Once[str, str] = Once()
    begun, go_on = threading.Event(), threading.Event()
    counted: list[str] = []

    def slowly() -> str:
        counted.append("slow")
        begun.set()
        assert go_on.wait(10)
        return "slow"

    got: list[str] = []
    threads = [
        threading.Thread(target=lambda: got.append(made.get("slow", slowly)), daemon=True)
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    assert begun.wait(10)
    assert made.get("quick", lambda: "quick") == "quick"
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert got == ["slow"] * 3
    assert counted == ["slow"]


def test_what_could_not_be_made_is_tried_again() -> None:
    made: Once[str, int] = Once()
    with pytest.raises(ZeroDivisionError):
        made.get("key", lambda: 1 // 0)
    assert made.get("key", lambda: 1) == 1
    assert made.copied().get("key", lambda: 2) == 1
