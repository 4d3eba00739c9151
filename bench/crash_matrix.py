"""The crash matrix of the complete stack: `make crash-matrix` writes docs/reliability.md.

The result of each operation is kept in build/crash-matrix, and the page is made from that. Exit 1
if a cell failed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.faults.crashes.checks import Judge, Operation
from tests.faults.crashes.interceptor import Call, Way
from tests.faults.crashes.killing import kills
from tests.faults.crashes.matrix import Matrix, every_write, sampled, timed
from tests.faults.crashes.operations import OPERATIONS, SHIPPED
from tests.faults.crashes.report import Kills, Lost, Run, commit, page
from tests.faults.crashes.setup import World, account, add_neighbours, one_thread, warm_up

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "build" / "crash-matrix"
PAGE = ROOT / "docs" / "reliability.md"
Wanted = Callable[[Call, Way], bool]


def main() -> int:
    options = _options()
    wanted = sampled(options.seed, options.share) if options.share < 1 else every_write
    wrong = False
    with tempfile.TemporaryDirectory(prefix="crash-") as name:
        folder = Path(name)
        with one_thread():
            with account():
                warm_up(folder / "warm", SHIPPED)
            for number, operation in enumerate(OPERATIONS):
                if not options.operation or operation.name in options.operation:
                    done = run(folder / str(number), operation, wanted, options.at_once)
                    wrong |= any(cell.wrong for cell in done.cells)
                    if not options.dry:
                        replace(done, share=options.share).keep(KEPT)
        wrong |= kill(folder, options.seed, options.kills, dry=options.dry)
    if not options.dry:
        write_page()
    return int(wrong)


def write_page() -> None:
    """From all that is kept."""
    PAGE.write_text(page(_kept(), Kills.read(KEPT), Lost.read(KEPT)), "utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operation", action="append", help="only this one (may be repeated)")
    parser.add_argument("--share", type=float, default=1, help="only this share of the cells")
    parser.add_argument("--kills", type=int, default=30, help="SIGKILLs of real processes")
    parser.add_argument("--seed", type=int, default=0, help="what share and kills choose by")
    parser.add_argument("--at-once", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--dry", action="store_true", help="keep and write nothing")
    return parser.parse_args()


def kill(folder: Path, seed: int, count: int, *, dry: bool) -> bool:
    """SIGKILLs of real processes. Whether anything was wrong afterwards."""
    if not count:
        return False
    at, wrong = commit(), 0
    for done in kills(folder, seed, count):
        wrong += bool(done.wrong)
        print("\n    ".join([done.what, *done.wrong]), flush=True)
    if not dry:
        Kills(seed, count, wrong, at).keep(KEPT)
    return wrong > 0


def _kept() -> list[Run]:
    """Return the runs that are kept, in the order of the operations."""
    names = [operation.name for operation in OPERATIONS]
    runs = [Run.read(file) for file in KEPT.glob("*.run.json")]
    return sorted(runs, key=lambda run: names.index(run.operation))


def run(folder: Path, operation: Operation, wanted: Wanted, at_once: int) -> Run:
    """Run all wanted cells of the operation, on an account of its own; print failed ones."""
    results = folder / "results"
    results.mkdir(parents=True)
    at = commit()
    with account():
        world = World(folder / "home", folder / "state")
        add_neighbours(world.aws())
        matrix = Matrix(Judge(world, operation, world.now()), results, wanted, at_once)
        cells, seconds = timed(matrix.run)
    print(f"{operation.name}: {len(matrix.calls)} calls, {len(cells)} cells, {seconds:.0f} s")
    for cell in cells:
        if cell.wrong and cell.like is None:
            print(f"{operation.name}, call {cell.number} ({cell.call}), {cell.way}")
            print("\n".join(f"    {word}" for word in cell.wrong), flush=True)
    return Run.of(matrix, cells, seconds, at)


if __name__ == "__main__":
    sys.exit(main())
