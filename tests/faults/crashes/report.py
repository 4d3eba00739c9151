"""The results of the crash matrix, as a page for readers: docs/reliability.md."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from tests.faults.crashes.interceptor import MEANING, Call, Way
from tests.faults.crashes.matrix import Cell, Matrix
from tests.support.sample_stack import ROOT


@dataclass(frozen=True)
class Run:
    """All cells of one operation, and where and when they were run."""

    operation: str
    calls: list[Call]
    cells: list[Cell]
    seconds: float
    commit: str
    date: str
    machine: str
    share: float = 1
    """The share of cells that were run: 1 means all of them."""

    @classmethod
    def of(cls, matrix: Matrix, cells: list[Cell], seconds: float, commit: str) -> Self:
        machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs, Python "
        return cls(
            matrix.operation.name,
            matrix.calls,
            cells,
            seconds,
            commit,
            datetime.now(UTC).date().isoformat(),
            machine + platform.python_version(),
        )

    @classmethod
    def read(cls, file: Path) -> Self:
        fields: dict[str, Any] = json.loads(file.read_text("utf-8"))
        fields["calls"] = [Call(**call) for call in fields["calls"]]
        fields["cells"] = [Cell(**cell | {"way": Way(cell["way"])}) for cell in fields["cells"]]
        return cls(**fields)

    def keep(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{self.operation.replace(' ', '-')}.run.json"
        file.write_text(json.dumps(asdict(self), indent=1), "utf-8")


@dataclass(frozen=True)
class Kills:
    """SIGKILLs of real processes."""

    seed: int
    count: int
    failed: int
    commit: str

    def keep(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "kills.json").write_text(json.dumps(asdict(self)), "utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        file = folder / "kills.json"
        return cls(**json.loads(file.read_text("utf-8"))) if file.exists() else None

    def __str__(self) -> str:
        return (
            f"{self.count} processes with eight workers killed by SIGKILL at calls the seed"
            f" {self.seed} chose: {self.failed} failed (commit {self.commit})."
        )


@dataclass(frozen=True)
class Lost:
    """Commands with the state lost: `{command} {state}` → whether it passed."""

    cells: dict[str, bool]
    commit: str
    date: str

    @classmethod
    def of(cls, cells: dict[str, bool], commit: str) -> Self:
        return cls(cells, commit, datetime.now(UTC).date().isoformat())

    def keep(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "state-lost.json").write_text(json.dumps(asdict(self)), "utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        file = folder / "state-lost.json"
        return cls(**json.loads(file.read_text("utf-8"))) if file.exists() else None

    def __str__(self) -> str:
        states = list(dict.fromkeys(name.split()[1] for name in self.cells))
        commands = list(dict.fromkeys(name.split()[0] for name in self.cells))
        rows = [
            f"| `{command}` | "
            + " | ".join("✓" if self.cells[f"{command} {state}"] else "✗" for state in states)
            + " |"
            for command in commands
        ]
        head = [f"| command | {' | '.join(states)} |", "|---|" + "---|" * len(states)]
        return "\n".join([*head, *rows, f"\nRun on {self.date}, commit {self.commit}."])


def commit() -> str:
    """Return the tool's commit, with + if its own code differs from that."""
    return _git("rev-parse", "--short", "HEAD") + (
        "+" if _git("status", "--porcelain", "provision") else ""
    )


def _git(*words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


TEMPLATE: Final = Path(__file__).with_name("reliability.md")


def page(runs: Sequence[Run], kills: Kills | None, lost: Lost | None) -> str:
    cells = [cell for run in runs for cell in run.cells]
    made = (f"- {run.operation}: {run.date}, commit {run.commit}, {run.machine}" for run in runs)
    return TEMPLATE.read_text("utf-8").format(
        ways="\n".join(f"- **{way}**: {MEANING[way]}" for way in Way),
        rows="\n".join(_total(run) for run in runs),
        distinct=f"{sum(cell.like is None for cell in cells):,}",
        cells=f"{len(cells):,}",
        made="\n".join(made),
        kills=kills or "Not run.",
        lost=lost or "Not run.",
        tables="\n".join(_table(run) for run in runs).rstrip(),
    )


def _total(run: Run) -> str:
    alive = [cell for cell in run.cells if not cell.way.kills]
    row = (
        run.operation,
        f"{len(run.calls)} ({sum(call.write for call in run.calls)})",
        f"{len(run.cells):,}" + ("" if run.share == 1 else f" (a sample of {run.share:.0%})"),
        sum(bool(cell.wrong) for cell in run.cells),
        f"{sum(cell.went_on is True for cell in alive)} of {len(alive)}",
        f"{run.seconds / 60:.0f}",
    )
    return f"| {' | '.join(str(value) for value in row)} |"


def _table(run: Run) -> str:
    """Return one row for each AWS operation: its calls, and the result of each way."""
    lines = [
        f"## `{run.operation}`\n",
        f"| AWS operation | calls | {' | '.join(Way)} |",
        "|---|---|" + "---|" * len(Way),
    ]
    numbers: dict[str, list[int]] = {}
    for call in run.calls:
        numbers.setdefault(f"{call.service} {call.operation}", []).append(call.number)
    for name, at in sorted(numbers.items()):
        cells = [cell for cell in run.cells if cell.call == name]
        outcome = (_outcome([cell for cell in cells if cell.way is way]) for way in Way)
        lines.append(f"| {name} | {ranges(at)} | {' | '.join(outcome)} |")
    return "\n".join(lines) + "\n"


def _outcome(cells: Sequence[Cell]) -> str:
    failed = sum(bool(cell.wrong) for cell in cells)
    if failed:
        return f"**{failed} of {len(cells)} failed**"
    return f"{len(cells)} ✓" if cells else "-"


def ranges(numbers: Iterable[int]) -> str:
    """Return numbers as ranges: 1, 2, 3, 7 → 1-3, 7."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
