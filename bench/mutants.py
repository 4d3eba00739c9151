"""Measures which faults made on purpose the unit tests notice: `make mutants`.

`mutmut` makes the mutants, switches one on, and shows it (`.venv-mutants/bin/mutmut show NAME`).
Its own loop starts pytest once a mutant. The loop here collects the tests once, and runs those of
each mutant in a process forked from there, the quickest first.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import random
import re
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from mutmut.__main__ import create_mutants
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state
from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir, walk_mutatable_files
from mutmut.utils.format_utils import mangled_name_from_mutant_name

ROOT = Path(__file__).parents[1]
COPY = ROOT / "mutants"
KILLED, SURVIVED, NO_TESTS, TIMEOUT = 1, 0, 33, 36  # as mutmut keeps them in its .meta files
TYPE: Final = re.compile(r'\bcast\((?:"[^"]*"|None), ')
"""The beginning of a `cast`, whose type nothing reads at run time."""
WITHOUT: Final = ("cacheprovider", "xdist", "unraisableexception", "threadexception")
"""Plugins of pytest that a mutant's tests do without: each costs more than the tests themselves."""
TESTS: Final = {
    "state": ["tests/unit/state"],
    "grants": ["tests/unit/stack"],
    "plan": ["tests/unit/plan", "tests/unit/engine/test_engine.py"],
    "engine": ["tests/unit/engine", "tests/unit/plan"],
    "steps": ["tests/unit/steps"],
}


@dataclass(frozen=True)
class Mutant:
    """A fault: its name, and the results of all mutants of its file."""

    name: str
    file: SourceFileMutationData

    @property
    def area(self) -> str:
        """The package as `TESTS` names it."""
        return "grants" if self.name.startswith("provision.stack.") else self.name.split(".")[1]

    @property
    def code(self) -> int | None:
        """Return the result of its tests, or None before they ran."""
        code: int | None = self.file.exit_code_by_key[self.name]
        return code

    def changed_lines(self) -> list[str]:
        """Return the lines that it takes out (`-`) and puts in (`+`)."""
        return [
            line
            for line in get_diff_for_mutant(self.name, path=self.file.path).splitlines()
            if line[:1] in {"+", "-"} and line[:3] not in {"+++", "---"}
        ]

    def keep(self, code: int) -> None:
        """Record the result of its tests."""
        self.file.exit_code_by_key[self.name] = code
        self.file.save()


class MutantLoop:
    """A plugin in the place of pytest's loop: each mutant's tests in a process of their own."""

    def __init__(self, mutants: list[Mutant], workers: int) -> None:
        self.waiting = mutants
        self.workers = workers
        self.running: dict[int, tuple[Mutant, float]] = {}
        self.seconds: dict[str, float] = {}
        self.callers: dict[str, set[str]] = {}
        self.items: dict[str, pytest.Item] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run all tests once as they are, then those of each mutant."""
        self._without_fault(session)
        session.testsfailed = 0
        reporter = session.config.pluginmanager.unregister(name="terminalreporter")
        gc.collect()
        gc.freeze()
        self.waiting.sort(key=lambda one: sum(self.seconds[test] for test in self._tests(one)))
        while self.waiting or self.running:
            while self.waiting and len(self.running) < self.workers:
                self._start(session, self.waiting.pop(0))
            self._reap()
        session.config.pluginmanager.register(reporter, "terminalreporter")
        return True

    def _without_fault(self, session: pytest.Session) -> None:
        """Learn of each test how long it takes and which functions it calls.

        One that fails here, as on a busy machine, is shown and not used.
        """
        set_mutant_under_test("stats")
        for item, following in _pairs(session.items):
            began, failed = time.monotonic(), session.testsfailed
            session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed > failed:
                state()._stats.clear()  # noqa: SLF001
                continue
            self.items[item.nodeid] = item
            self.seconds[item.nodeid] = time.monotonic() - began
            called = state()._stats  # noqa: SLF001  (mutmut shows them in no other way)
            for function in called:
                self.callers.setdefault(function, set()).add(item.nodeid)
            called.clear()
        set_mutant_under_test("")

    def _tests(self, mutant: Mutant) -> list[str]:
        """Return the tests that call its function, the quickest first.

        Of a step, those of its service and those of all services, if there are any.
        """
        tests = self.callers.get(mangled_name_from_mutant_name(mutant.name), set())
        folder = "/".join(["tests", "unit", *mutant.name.split(".")[1:3], ""])
        near = (folder, "tests/unit/steps/test_")
        nearest = {test for test in tests if test.startswith(near)} or tests
        return sorted(nearest, key=lambda test: (self.seconds[test], test))

    def _start(self, session: pytest.Session, mutant: Mutant) -> None:
        tests = self._tests(mutant)
        if not tests:
            return mutant.keep(NO_TESTS)
        pid = os.fork()
        if not pid:
            _run_and_leave(session, mutant.name, [self.items[test] for test in tests])
        limit = 20 + 20 * sum(self.seconds[test] for test in tests)
        self.running[pid] = (mutant, time.monotonic() + limit)
        return None

    def _reap(self) -> None:
        pid, status = os.waitpid(-1, os.WNOHANG) if self.running else (0, 0)
        if pid in self.running:
            mutant, _ = self.running.pop(pid)
            mutant.keep(SURVIVED if status == 0 else KILLED)
        elif not pid:
            time.sleep(0.005)
        for late in [pid for pid, (_, end) in self.running.items() if time.monotonic() > end]:
            os.killpg(late, signal.SIGKILL)
            os.waitpid(late, 0)
            self.running.pop(late)[0].keep(TIMEOUT)


def _run_and_leave(session: pytest.Session, name: str, items: list[pytest.Item]) -> None:
    """End this forked process with 0 if no test noticed the mutant."""
    code = KILLED
    try:
        os.setpgid(0, 0)  # a test may have started processes, which end with it
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nothing, stream)
        set_mutant_under_test(name)
        for item, following in _pairs(items):
            session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                break
        else:
            code = SURVIVED
    finally:
        os._exit(code)


def _pairs(items: list[pytest.Item]) -> Iterable[tuple[pytest.Item, pytest.Item | None]]:
    return zip(items, [*items[1:], None], strict=True)


def all_mutants() -> Iterator[Mutant]:
    for path in walk_mutatable_files():
        file = SourceFileMutationData(path=path)
        file.meta_path = ROOT / file.meta_path
        file.load()
        for name in file.exit_code_by_key:
            yield Mutant(name, file)


def chosen(areas: list[str], sample: int, seed: int, *, rest: bool) -> list[Mutant]:
    """Return the mutants to run: of the steps, if `sample` is not 0, that many by chance.

    The rest are those that were run before and not killed.
    """
    mutants = [one for one in all_mutants() if one.area in areas]
    steps = [one for one in mutants if one.area == "steps"]
    if rest:
        steps = [one for one in steps if one.code is not None]
    elif sample and sample < len(steps):
        steps = random.Random(seed).sample(steps, sample)  # noqa: S311
    mutants = [one for one in mutants if one.area != "steps"] + steps
    return [one for one in mutants if not rest or one.code != KILLED]


def only_a_type(changed: list[str]) -> bool:
    """Return whether the mutant changes only the type of a `cast`: it does nothing at run time."""
    return len({TYPE.sub("cast(", line[1:]) for line in changed}) == 1


def report(mutants: list[Mutant]) -> None:
    """Print every mutant that no test noticed, then the share of each package.

    Those that change only the type of a `cast` are counted, and left out of the share.
    """
    types: Counter[str] = Counter()
    counted = {one.name: one for one in mutants}
    for one in mutants:
        if one.code in {SURVIVED, NO_TESTS}:
            changed = one.changed_lines()
            if only_a_type(changed):
                types[one.area] += 1
                del counted[one.name]
                continue
            print(
                one.name, "(no test calls it)" if one.code == NO_TESTS else "", *changed, sep="\n"
            )
    print("package  mutants  killed  timeouts  survived  types of casts  without a test  share")
    for area in dict.fromkeys(one.area for one in mutants):
        came = Counter(one.code for one in counted.values() if one.area == area)
        caught = came[KILLED] + came[TIMEOUT]
        count = came.total()
        print(
            f"{area:8} {count:7} {came[KILLED]:7} {came[TIMEOUT]:9}"
            f" {came[SURVIVED]:9} {types[area]:14}"
            f" {came[NO_TESTS]:15} {100 * caught / count if count else 100:5.1f} %"
        )


def run(mutants: list[Mutant], areas: list[str], workers: int) -> int:
    """Run the tests of each mutant; return pytest's code, not 0 if they cannot be collected."""
    sys.path[:] = [str(COPY), *(one for one in sys.path if Path(one).resolve() != ROOT)]
    os.chdir(COPY)
    code = pytest.main(
        [
            *("-q", "--tb=native", "--rootdir=.", *(f"-pno:{one}" for one in WITHOUT)),
            "--hypothesis-profile=ci",  # neither chance nor the clock decides what it finds
            *dict.fromkeys(test for area in areas for test in TESTS[area]),
        ],
        plugins=[MutantLoop(mutants, workers)],
    )
    os.chdir(ROOT)
    return int(code)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("areas", nargs="*", help=f"of {', '.join(TESTS)}; all if none is named")
    parser.add_argument("--sample", type=int, default=400, help="of the steps; 0 for all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rest", action="store_true", help="only those not killed before")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2)
    given = parser.parse_args()
    areas = given.areas or list(TESTS)
    began = time.monotonic()
    if not given.rest:
        shutil.rmtree(COPY, ignore_errors=True)
    COPY.mkdir(exist_ok=True)
    with contextlib.redirect_stdout(None):
        copy_src_dir()
        copy_also_copy_files()
        create_mutants(given.workers)
    mutants = chosen(areas, given.sample, given.seed, rest=given.rest)
    if code := run(list(mutants), areas, given.workers):
        return code
    report(mutants)
    print(f"{len(mutants)} mutants in {(time.monotonic() - began) / 60:.0f} minutes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
