"""Runs one in three of the slow tests in `make test`, by a seed; `make test-all` runs them all.

tests/slow_tests.txt lists the functions whose cases take most of a second or more, by a measured
run: `python -m tests.support.slow_tests REPORT` writes it from pytest's `--junitxml=REPORT`.
"""

from __future__ import annotations

import os
import sys
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol, TypeVar
from xml.etree import ElementTree as ET

ROOT: Final = Path(__file__).resolve().parents[2]
LIST: Final = ROOT / "tests" / "slow_tests.txt"
SAMPLED: Final = "SLOW_TESTS"
"""The variable that is `sample` for one in three; without it, all run."""
SEED: Final = "SLOW_TESTS_SEED"
"""The variable of the seed; without it, the day in UTC."""
ONE_IN: Final = 3
SLOW_SECONDS: Final = 0.7
"""The seconds of a case, on average, from which a function is slow."""
ALWAYS: Final = frozenset(
    {
        "tests/conformance/test_distribution.py::test_the_readme_from_an_empty_folder_to_an_answer",
        "tests/integration/end_to_end/test_life.py::test_a_second_up_writes_nothing_with_and_without_state",
        "tests/integration/end_to_end/test_life.py::test_changed_code_is_published_and_served",
        "tests/integration/terminal/test_commands.py::test_up",
        "tests/integration/test_whole_stack.py::test_its_whole_life",
    }
)
"""Slow tests that every run has: the first steps, a terminal, and a stack's whole life."""


class Case(Protocol):
    """A collected test, as far as it is read here."""

    @property
    def nodeid(self) -> str: ...


C = TypeVar("C", bound=Case)


def is_sampled() -> bool:
    return os.environ.get(SAMPLED) == "sample"


def seed() -> str:
    """Return the seed, which is kept in the environment for the other workers."""
    return os.environ.setdefault(SEED, f"{datetime.now(UTC):%Y-%m-%d}")


def listed() -> dict[str, float]:
    """Return the seconds of a case, by the slow function's name."""
    rows = [line.split() for line in LIST.read_text("utf-8").splitlines()]
    return {name: float(seconds) for seconds, name in rows}


def left_out(cases: Sequence[C]) -> list[C]:
    """Return the cases that this run does without: two of three slow ones, by the seed."""
    slow = listed().keys() - ALWAYS
    return [case for case in cases if _function(case.nodeid) in slow and not _drawn(case.nodeid)]


def measured(report: Path) -> Iterator[tuple[str, float]]:
    """Yield the name and the seconds of every case in pytest's report."""
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - pytest wrote it
        name = f"{_place(str(case.get('classname')))}::{case.get('name')}"
        yield name, float(str(case.get("time")))


def slow(times: Iterator[tuple[str, float]]) -> dict[str, float]:
    """Return the seconds of a case, on average, of each function that is slow."""
    by_function: dict[str, list[float]] = {}
    for name, seconds in times:
        by_function.setdefault(_function(name), []).append(seconds)
    means = {name: sum(each) / len(each) for name, each in by_function.items()}
    return {name: mean for name, mean in sorted(means.items()) if mean >= SLOW_SECONDS}


def _place(dotted: str) -> str:
    """Return `tests/unit/test_it.py::TestIt` for `tests.unit.test_it.TestIt`."""
    parts = dotted.split(".")
    last = next(at for at, part in enumerate(parts) if part.startswith("test_"))
    return "::".join(["/".join(parts[: last + 1]) + ".py", *parts[last + 1 :]])


def _function(nodeid: str) -> str:
    return nodeid.partition("[")[0]


def _drawn(nodeid: str) -> bool:
    return zlib.crc32(f"{seed()} {nodeid}".encode()) % ONE_IN == 0


def main(report: str) -> None:
    """Write the list from a report of the whole suite."""
    lines = [f"{seconds:5.1f} {name}\n" for name, seconds in slow(measured(Path(report))).items()]
    LIST.write_text("".join(lines), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
