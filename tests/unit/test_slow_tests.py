"""`make test` leaves out only slow tests, and over some days none."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import slow_tests
from tests.support.slow_tests import ALWAYS, LIST, ROOT, SEED

SLOW = sorted(slow_tests.listed())


@dataclass(frozen=True)
class Case:
    """A collected test."""

    nodeid: str


def left_out(names: list[str], day: str, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    monkeypatch.setenv(SEED, day)
    return {case.nodeid for case in slow_tests.left_out([Case(name) for name in names])}


def test_one_in_three_of_the_slow_tests_is_drawn_and_each_within_a_month(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [f"{name}[{case}]" for name in SLOW if name not in ALWAYS for case in range(3)]
    days = [left_out(names, f"2026-12-{day:02}", monkeypatch) for day in range(1, 32)]
    assert all(0.55 < len(left) / len(names) < 0.78 for left in days)
    assert set.intersection(*days) == set()
    assert left_out(names, "2026-12-01", monkeypatch) == days[0]


def test_other_tests_and_the_first_steps_always_run(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [*ALWAYS, f"{min(ALWAYS)}[case]", "tests/unit/test_quick.py::test_it"]
    for day in range(1, 32):
        assert left_out(names, f"2026-12-{day:02}", monkeypatch) == set()


def test_the_list_names_tests_that_exist() -> None:
    assert set(SLOW) >= ALWAYS
    unknown = [name for name in SLOW if not exists(name)]
    assert unknown == [], "make slow-tests"


def exists(name: str) -> bool:
    """Return whether the file has the function, or the class, which may inherit it."""
    path, first, *_ = name.split("::")
    file = ROOT / path
    found = ast.parse(file.read_text("utf-8")).body if file.exists() else []
    return any(isinstance(each, Defined) and each.name == first for each in found)


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
        '<testcase classname="tests.unit.test_a.TestB" name="test_quick" time="0.1"/>'
        '<testcase classname="tests.unit.test_a.TestB" name="test_waits" time="9.0"/>'
        "</testsuite></testsuites>"
    )
    assert slow_tests.slow(slow_tests.measured(report)) == {
        "tests/unit/test_a.py::TestB::test_waits": 9.0,
        "tests/unit/test_a.py::test_slow": 0.8,
    }
    assert LIST.read_text("utf-8").splitlines()[0].split()[1] == SLOW[0]
