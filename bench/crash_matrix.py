"""The crash matrix of the complete stack: `make crash-matrix` writes docs/reliability.md.

With --cells only a seeded sample is run and nothing is written. Exit 1 when a cell failed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.crash.line import Call, Way
from tests.crash.matrix import Cell, Matrix, Operation, every_write, sampled, timed
from tests.crash.operations import OPERATIONS, SHIPPED
from tests.crash.world import World, account, add_neighbours, one_thread, warm_up

Wanted = Callable[[Call, Way], bool]


@dataclass(frozen=True)
class Run:
    """One operation's cells, and how many calls it makes undisturbed."""

    operation: Operation
    calls: list[Call]
    cells: list[Cell]
    seconds: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operation", action="append", help="only this one (may be repeated)")
    parser.add_argument("--share", type=float, help="a sample: this share of all cells")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--at-once", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    wanted = sampled(options.seed, options.share) if options.share else every_write
    runs = []
    with one_thread(), tempfile.TemporaryDirectory(prefix="crash-") as folder:
        with account():
            warm_up(Path(folder) / "warm", SHIPPED)
        for number, operation in enumerate(OPERATIONS):
            if not options.operation or operation.name in options.operation:
                runs.append(run(Path(folder) / str(number), operation, wanted, options.at_once))
    return int(any(cell.wrong for run in runs for cell in run.cells))


def run(folder: Path, operation: Operation, wanted: Wanted, at_once: int) -> Run:
    """All wanted cells of the operation, on an account of its own; failed ones are told at once."""
    results = folder / "results"
    results.mkdir(parents=True)
    with account():
        world = World(folder / "home", folder / "state")
        add_neighbours(world.aws())
        matrix = Matrix(world, operation, results, wanted, at_once)
        cells, seconds = timed(matrix.run)
    print(f"{operation.name}: {len(matrix.calls)} calls, {len(cells)} cells, {seconds:.0f} s")
    for cell in cells:
        if cell.wrong and cell.like is None:
            print(f"{operation.name}, call {cell.number} ({cell.call}), {cell.way}")
            print("\n".join(f"    {word}" for word in cell.wrong), flush=True)
    return Run(operation, matrix.calls, cells, seconds)


if __name__ == "__main__":
    sys.exit(main())
