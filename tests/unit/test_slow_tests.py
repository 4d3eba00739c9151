"""`make test` leaves out only slow tests, and over a week none."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import slow_tests
from tests.support.slow_tests import ALWAYS, DAY, LIST, ROOT

SLOW = list(slow_tests.listed())


@dataclass(frozen=True)
class Case:
    """A collected test."""

    nodeid: str


WEEK = [f"2026-12-{day:02}" for day in range(1, 8)]


def left_out(names: list[str], day: str, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    monkeypatch.setenv(DAY, day)
    return {case.nodeid for case in slow_tests.left_out([Case(name) for name in names])}


def test_each_slow_test_runs_on_one_day_of_a_week(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [name if "::" in name else f"{name}::test_it" for name in SLOW if name not in ALWAYS]
    names = [f"{name}[{case}]" for name in rows for case in range(3)]
    drawn = [name for day in WEEK for name in set(names) - left_out(names, day, monkeypatch)]
    assert sorted(drawn) == sorted(names)
    assert left_out(names, "2026-12-08", monkeypatch) == left_out(names, WEEK[0], monkeypatch)


def test_each_day_takes_about_as_long(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = {
        name if "::" in name else f"{name}::test_it": each
        for name, each in slow_tests.listed().items()
    }
    days = [
        sum(seconds[name] for name in seconds.keys() - left_out(list(seconds), day, monkeypatch))
        for day in WEEK
    ]
    assert max(days) < 2 * min(days)


def test_a_whole_file_runs_on_one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    file = next(name for name in SLOW if "::" not in name)
    names = [f"{file}::test_{at}" for at in range(20)]
    assert sorted(len(left_out(names, day, monkeypatch)) for day in WEEK) == [0, *[20] * 6]


def test_other_tests_and_the_first_steps_always_run(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [*ALWAYS, f"{min(ALWAYS)}[case]", "tests/unit/test_quick.py::test_it"]
    for day in WEEK:
        assert left_out(names, day, monkeypatch) == set()


def test_the_list_names_tests_that_exist() -> None:
    assert all(name in SLOW or name.partition("::")[0] in SLOW for name in ALWAYS)
    unknown = [name for name in [*SLOW, *ALWAYS] if not exists(name)]
    assert unknown == [], "make slow-tests"


def exists(name: str) -> bool:
    """Return whether there is the file, with the function, or the class, which may inherit it."""
    path, *inside = name.split("::")
    file = ROOT / path
    if not inside:
        return file.exists()
    found = ast.parse(file.read_text("utf-8")).body if file.exists() else []
    return any(isinstance(each, Defined) and each.name == inside[0] for each in found)


Defined = ast.FunctionDef | ast.ClassDef


def test_ci_runs_every_test_and_the_variable_is_that_of_the_makefile() -> None:
    assert "make test-all\n" in (ROOT / ".ci" / "run").read_text("utf-8")
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert f"{slow_tests.SAMPLED}=sample $(TEST)" in makefile
    assert (
        "test-all: $(VENV)/test.stamp  ## the whole test suite, as CI runs it\n\t$(TEST)\n"
        in makefile
    )


def test_a_report_becomes_the_list(tmp_path: Path) -> None:
    report = tmp_path / "tests.xml"
    report.write_text(
        "<testsuites><testsuite>"
        '<testcase classname="tests.unit.test_a" name="test_slow[x]" time="1.0"/>'
        '<testcase classname="tests.unit.test_a" name="test_slow[y]" time="0.6"/>'
        '<testcase classname="tests.unit.test_a" name="test_quick" time="0.1"/>'
        '<testcase classname="tests.unit.test_b.TestB" name="test_waits" time="9.0"/>'
        '<testcase classname="tests.unit.test_b" name="test_others_quick" time="0.5"/>'
        "</testsuite></testsuites>"
    )
    assert slow_tests.slow(slow_tests.measured(report)) == {
        "tests/unit/test_a.py::test_slow": 1.6,
        "tests/unit/test_b.py": 9.5,
    }
    assert LIST.read_text("utf-8").splitlines()[0].split()[1] == SLOW[0]
