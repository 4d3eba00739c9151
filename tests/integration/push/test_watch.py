"""--watch: when a save is complete, and reports of code that does not compile or import."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from provision.packaging.file_watch import POLL, QUIET, Snapshot, snapshot, watch_saves
from tests.support.virtual_clock import VirtualClock


class Editor:
    """Files that change at given seconds."""

    def __init__(self, clock: VirtualClock, *moments: tuple[float, str]) -> None:
        self.clock, self.moments, self.began = clock, moments, clock.now()

    @property
    def spent(self) -> float:
        return self.clock.now() - self.began

    def look(self) -> Mapping[str, Snapshot]:
        files = {"one": {"app.py": (0, 0)}, "two": {"app.py": (0, 0)}}
        for number, (moment, name) in enumerate(self.moments, start=1):
            if self.spent >= moment:
                files[name] = {"app.py": (number, 0)}
        return files


def test_a_burst_of_saves_is_one_push_once_it_is_quiet() -> None:
    clock = VirtualClock()
    editor = Editor(clock, (2.0, "one"), (2.2, "one"), (2.5, "one"), (9.0, "two"))
    pushes = watch_saves(editor.look, clock)
    assert next(pushes) == {"one", "two"}
    assert editor.spent < 1
    assert next(pushes) == {"one"}
    assert 2.5 + QUIET <= editor.spent < 2.5 + 2 * QUIET + POLL
    assert next(pushes) == {"two"}
    assert 9.0 <= editor.spent < 9.0 + 2 * QUIET + POLL


def test_what_is_gone_meanwhile_is_not_seen(tmp_path: Path) -> None:
    there = tmp_path / "there.py"
    there.write_text("x = 1")
    assert list(snapshot([there, tmp_path / "gone.py"])) == [str(there)]


def test_interrupted_while_quiet_nothing_more_is_looked_at() -> None:
    clock = VirtualClock()
    pushes: Iterator[frozenset[str]] = watch_saves(Editor(clock).look, clock)
    next(pushes)
    clock.stop()
    with pytest.raises(Exception, match="interrupted"):
        next(pushes)
