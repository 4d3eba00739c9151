"""Crash matrix: the complete stack's commands, disturbed at every call in every way.

After the disturbance, either sequel must succeed:

- the same command again: the account holds the same as after an undisturbed run; the journal has no
  pending operation; `up` once more writes nothing; `down` then leaves the account as it was before;
- the opposite command, with the same demands.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.crashes.checks import Judge, Operation
from tests.faults.crashes.interceptor import Call, Line, Way
from tests.faults.crashes.setup import World, attempt

CELL_SECONDS = 240
"""A cell takes two seconds; one that hangs has failed."""


@dataclass
class Cell:
    """One call of one operation, failing in one way; `wrong` are the complaints."""

    operation: str
    number: int
    call: str
    way: Way
    wrong: list[str] = field(default_factory=lambda: ["no result: the process died"])
    went_on: bool | None = None
    """Whether the disturbed command itself finished; None if it was killed."""
    like: int | None = None
    """Index of the cell that left an identical account and journal."""


@dataclass
class Matrix:
    """Runs the cells of one operation, `at_once` processes at a time."""

    judge: Judge
    results: Path
    wanted: Callable[[Call, Way], bool]
    at_once: int = 2
    cells: list[Cell] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    _running: dict[int, int] = field(default_factory=dict)
    _seen: dict[tuple[int, str], int] = field(default_factory=dict)
    _cell: int | None = None
    """The number of the cell, in a child."""

    @property
    def operation(self) -> Operation:
        return self.judge.operation

    @property
    def world(self) -> World:
        return self.judge.world

    def run(self) -> list[Cell]:
        """Return all wanted cells; the account must be as before the operation's `first`."""
        self.judge.prepare()
        self.judge.learn(self.results)
        line = Line(killed=lambda: self._judge(None))
        line.meet = lambda call: self._meet(line, call)
        failed = attempt(
            lambda: self.world.run(self.operation.verb, self.operation.edition, line=line)
        )
        if self._cell is not None:
            self._judge(failed)
        assert failed == [], failed
        self.calls = line.calls
        while self._running:
            self._reap()
        return self._gathered()

    # -- the parent ----------------------------------------------------------------------------

    def _meet(self, line: Line, call: Call) -> Way | None:
        if self._cell is not None:
            return None
        for way in Way:
            if self._wants(call, way) and self._fork(line, call, way):
                return way
        return None

    def _wants(self, call: Call, way: Way) -> bool:
        fits = not self.operation.lost or (way.kills and call.write)
        return fits and self.wanted(call, way)

    def _fork(self, line: Line, call: Call, way: Way) -> bool:
        """Fork, and return True in the child."""
        number = len(self.cells)
        cell = Cell(self.operation.name, call.number, f"{call.service} {call.operation}", way)
        self.cells.append(cell)
        if way.kills:
            writes = line.writes + (way is Way.AFTER and call.write)
            same = (writes, "" if self.operation.lost else self._journal_digest())
            cell.like = self._seen.setdefault(same, number)
            if cell.like != number:
                return False
            cell.like = None
        while len(self._running) >= self.at_once:
            self._reap()
        child = os.fork()
        if child:
            self._running[child] = number
            return False
        signal.alarm(CELL_SECONDS)
        self._cell = number
        self.world.move_state(self.results / f"state-{self.operation.name}-{number}")
        return True

    def _journal_digest(self) -> str:
        files = (self.world.state / name for name in ("state.json", "journal.jsonl"))
        parts = [file.read_bytes() if file.exists() else b"" for file in files]
        return hashlib.sha256(b"|".join(parts)).hexdigest()

    def _reap(self) -> None:
        child, _ = os.wait()
        self._running.pop(child, None)

    def _gathered(self) -> list[Cell]:
        for number, cell in enumerate(self.cells):
            files = [self._file(number, part) for part in ("again", "turn")]
            parts = [json.loads(file.read_text()) for file in files if file.exists()]
            if len(parts) == 2 or [part["went_on"] for part in parts] == [True]:
                cell.wrong = [word for part in parts for word in part["wrong"]]
                cell.went_on = parts[0]["went_on"]
        for cell in self.cells:
            if cell.like is not None:
                cell.wrong = self.cells[cell.like].wrong
        return self.cells

    def _file(self, number: int, part: str) -> Path:
        return self.results / f"{self.operation.name}-{number}-{part}.json"

    # -- the child -----------------------------------------------------------------------------

    def _judge(self, failed: list[str] | None) -> None:
        """Run both sequels, each in its own process; `failed` is None after a kill."""
        assert self._cell is not None
        went_on = None if failed is None else not failed
        self.world.journal = None
        if self.operation.lost:
            shutil.rmtree(
                self.world.state, ignore_errors=True
            )  # none is there before the first write
        sequels = self.judge.sequels(finished=bool(went_on))
        for part in sorted(sequels, reverse=True):  # "turn" in a child, then "again" here
            child = os.fork() if part == "turn" else 0
            if child:
                os.waitpid(child, 0)
            else:
                self._sequel(part, went_on, sequels[part])

    def _sequel(self, part: str, went_on: bool | None, sequel: Callable[[], list[str]]) -> None:
        """Check, write the result to a file, and end this process: no other code of it may run."""
        assert self._cell is not None
        try:
            file = self._file(self._cell, part)
            self.world.move_state(self.results / f"state-{file.stem}")
            wrong = [f"{part}: {word}" for word in sequel()]
            file.write_text(json.dumps({"wrong": wrong, "went_on": went_on}))
        except BaseException:  # noqa: BLE001 (without a result the cell failed)
            traceback.print_exc()
            sys.stderr.flush()
        os._exit(0)


def every_write(call: Call, way: Way) -> bool:
    """Return whether to disturb it: killed at every call, reads too; other ways only at writes."""
    return way.kills or call.write


def sampled(seed: int, share: float) -> Callable[[Call, Way], bool]:
    """Return a choice of a share of all calls in all ways, the same for the same seed."""
    dice = random.Random(seed)
    return lambda call, way: dice.random() < share


def timed(work: Callable[[], list[Cell]]) -> tuple[list[Cell], float]:
    began = time.perf_counter()
    return work(), time.perf_counter() - began
