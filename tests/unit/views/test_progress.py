"""The live screen: no report waits for it, even if the terminal blocks, and all is drawn."""

from __future__ import annotations

import ast
import io
import threading
import time
from pathlib import Path

import pytest
from rich.console import Console

from provision.engine.events import NodeEvent
from provision.plan.change import Action
from provision.views import draw_thread as module
from provision.views.progress import Progress
from tests.integration.terminal.screen import Screen

WORKERS, NODES = 16, 40


def on_a_terminal(file: io.StringIO) -> Console:
    return Console(file=file, force_terminal=True, width=80, height=24, _environ={})


def work(progress: Progress, worker: int) -> None:
    for number in range(NODES):
        node = f"node.{worker}.{number}"
        progress.report(node, NodeEvent.BEGUN, Action.CREATE)
        progress.report(node, NodeEvent.WAITING, "it to be there, 1 s")
        progress.report(node, NodeEvent.DONE, Action.CREATE)


def ended(threads: list[threading.Thread], seconds: float) -> bool:
    for thread in threads:
        thread.join(seconds)
    return not any(thread.is_alive() for thread in threads)


def test_many_workers_at_once_never_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two deadlocks were caused by a worker that printed under a lock the screen wanted."""
    monkeypatch.setattr(module, "FRAME", 0.0001)
    file = io.StringIO()

    def whole_run() -> None:
        progress = Progress(on_a_terminal(file), WORKERS * NODES)
        with progress.drawing:
            workers = [
                threading.Thread(target=work, args=(progress, number), daemon=True)
                for number in range(WORKERS)
            ]
            for worker in workers:
                worker.start()
            assert ended(workers, 10)

    run = threading.Thread(target=whole_run, daemon=True)
    run.start()
    assert ended([run], 30), "the run hangs"
    assert file.getvalue().count("✓ created node.") == WORKERS * NODES
    assert file.getvalue().rindex("\x1b[?25h") > file.getvalue().rindex("\x1b[?25l"), "the cursor"


@pytest.mark.parametrize("width", [12, 20, 40, 80])
def test_no_line_of_the_live_screen_is_wrapped(width: int) -> None:
    """A wrapped line would add a line that the next redraw does not erase."""
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=width, height=10, _environ={})
    progress = Progress(console, 2)
    with progress.drawing:
        progress.report("function.items.dead_letters", NodeEvent.BEGUN, Action.CREATE)
        progress.report("function.items.dead_letters", NodeEvent.WAITING, "long words\n" * 20)
        progress.report("api", NodeEvent.BEGUN, Action.UPDATE)
        deadline = time.monotonic() + 20
        lines: list[str] = []
        while len(lines) < 3:
            assert time.monotonic() < deadline, lines
            time.sleep(0.02)
            screen = Screen(width, 10)
            screen.feed(file.getvalue().replace("\n", "\r\n").encode())
            lines = [line for line in screen.shown if line]
    assert len(lines) == 3, "two nodes and the count"
    assert all(len(line) <= width - 4 for line in lines), "the terminal's ^C has its place"


class _Stuck(io.StringIO):
    """A terminal stopped by Ctrl-S."""

    def __init__(self) -> None:
        super().__init__()
        self.goes_on = threading.Event()

    def write(self, text: str) -> int:
        assert self.goes_on.wait(10)
        return super().write(text)


def test_a_terminal_that_stands_still_stops_no_worker() -> None:
    file = _Stuck()
    progress = Progress(on_a_terminal(file), NODES)
    with progress.drawing:
        worker = threading.Thread(target=work, args=(progress, 0), daemon=True)
        worker.start()
        assert ended([worker], 5), "a report waited for the terminal"
        assert file.getvalue() == ""
        file.goes_on.set()
    assert file.getvalue().count("✓ created node.") == NODES


class _Gone(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(5, "Input/output error")


def test_a_terminal_that_is_gone_ends_the_drawing_and_not_the_work() -> None:
    progress = Progress(on_a_terminal(_Gone()), NODES)
    with progress.drawing:
        work(progress, 0)


def test_a_fault_in_drawing_is_told_when_the_work_has_ended() -> None:
    progress = Progress(on_a_terminal(io.StringIO()), 1)

    def whole_run() -> None:
        with progress.drawing:
            progress.report("node", NodeEvent.BEGUN, "no such action")
            work(progress, 0)

    with pytest.raises(KeyError):
        whole_run()


SCREENS = sorted((Path(module.__file__).parent).glob("*.py"))


@pytest.mark.parametrize("path", SCREENS, ids=lambda path: path.name)
def test_a_screen_has_no_lock(path: Path) -> None:
    """rich has its own lock; a second one deadlocks code that takes both in another order."""
    names = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute | ast.Name)
    }
    assert not names & {"Lock", "RLock", "Condition", "Semaphore"}
