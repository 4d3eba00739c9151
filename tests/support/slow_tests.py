"""Runs one in seven of the slow tests in `make test`, by the day; `make test-all` runs them all.

tests/slow_tests.txt lists what takes most of a second or more, by a measured run: whole files where
nearly all is slow, since their tests share what is slow to prepare, and functions elsewhere.
`python -m tests.support.slow_tests REPORT` writes it from pytest's `--junitxml=REPORT`.
"""

from __future__ import annotations

import os
import sys
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, Protocol, TypeVar
from xml.etree import ElementTree as ET

ROOT: Final = Path(__file__).resolve().parents[2]
LIST: Final = ROOT / "tests" / "slow_tests.txt"
SAMPLED: Final = "SLOW_TESTS"
"""The variable that is `sample` for one in seven; without it, all run."""
DAY: Final = "SLOW_TESTS_DAY"
"""The variable of the day (2026-12-24); without it, today in UTC."""
ONE_IN: Final = 7
SLOW_SECONDS: Final = 0.7
"""The seconds of a case, on average, from which a function is slow."""
WHOLE_SECONDS: Final = 5
"""The seconds from which a file is listed whole, if `WHOLE_SHARE` of them are of slow functions."""
WHOLE_SHARE: Final = 0.8
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


def day() -> date:
    """Return the day, which is kept in the environment for the other workers."""
    return date.fromisoformat(os.environ.setdefault(DAY, f"{datetime.now(UTC):%Y-%m-%d}"))


def listed() -> dict[str, float]:
    """Return the seconds of each slow file and function, the longest last."""
    rows = [line.split() for line in LIST.read_text("utf-8").splitlines()]
    return {name: float(seconds) for seconds, name in rows}


def left_out(cases: Sequence[C]) -> list[C]:
    """Return the cases that this run does without: six of seven slow ones, others every day.

    Files take turns in the order of their seconds, so that all days take about as long. Cases of
    functions take turns by chance. Each runs once in seven days.
    """
    slow = listed()
    files = [name for name in slow if not _is_function(name)]
    turns = {name: at for at, name in enumerate(files)}
    today = day().toordinal()

    def is_left_out(nodeid: str) -> bool:
        function, file = _function(nodeid), _file(nodeid)
        if function in ALWAYS or not (file in turns or function in slow):
            return False
        turn = turns[file] if file in turns else zlib.crc32(nodeid.encode())
        return (today + turn) % ONE_IN != 0

    return [case for case in cases if is_left_out(case.nodeid)]


def measured(report: Path) -> Iterator[tuple[str, float]]:
    """Yield the name and the seconds of every case in pytest's report."""
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - pytest wrote it
        name = f"{_place(str(case.get('classname')))}::{case.get('name')}"
        yield name, float(str(case.get("time")))


def slow(times: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Return the seconds of each file and function that is slow, the longest last."""
    cases: dict[str, list[float]] = {}
    files: defaultdict[str, float] = defaultdict(float)
    for name, seconds in times:
        cases.setdefault(_function(name), []).append(seconds)
        files[_file(name)] += seconds
    functions = {
        name: sum(each) for name, each in cases.items() if sum(each) / len(each) >= SLOW_SECONDS
    }
    shares: defaultdict[str, float] = defaultdict(float)
    for name, seconds in functions.items():
        shares[_file(name)] += seconds
    whole = {
        file: files[file]
        for file, seconds in shares.items()
        if files[file] >= WHOLE_SECONDS and seconds >= WHOLE_SHARE * files[file]
    }
    others = {name: each for name, each in functions.items() if _file(name) not in whole}
    return dict(sorted({**whole, **others}.items(), key=lambda row: (row[1], row[0])))


def _place(dotted: str) -> str:
    """Return `tests/unit/test_it.py::TestIt` for `tests.unit.test_it.TestIt`."""
    parts = dotted.split(".")
    last = next(at for at, part in enumerate(parts) if part.startswith("test_"))
    return "::".join(["/".join(parts[: last + 1]) + ".py", *parts[last + 1 :]])


def _function(nodeid: str) -> str:
    return nodeid.partition("[")[0]


def _file(name: str) -> str:
    return name.partition("::")[0]


def _is_function(name: str) -> bool:
    return "::" in name


def main(report: str) -> None:
    """Write the list from a report of the whole suite."""
    lines = [f"{seconds:5.1f} {name}\n" for name, seconds in slow(measured(Path(report))).items()]
    LIST.write_text("".join(lines), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
