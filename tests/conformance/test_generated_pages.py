"""Generated pages name the day and commit of their run, and their sums match their rows."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from tests.conformance.drift.cases import CASES, REASONS
from tests.faults.crashes.interceptor import Way
from tests.faults.crashes.operations import OPERATIONS
from tests.faults.test_state_lost import COMMANDS, STATES
from tests.support.sample_stack import ROOT

DAY = r"(?:\d{4}-\d\d-\d\d|\d{1,2} (?:November|December) 20\d\d)"
RUN = re.compile(
    rf"(?:on |^|[:,] )({DAY})(?: at |,? commit | \(commit )`?([0-9a-f]{{7,}})", re.MULTILINE
)
RUNS = {"drift": 1, "performance": 1, "permissions": 1, "reliability": 6, "security": 4}
"""The number of runs on each page."""


def page(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text("utf-8")


def unbroken(text: str) -> str:
    return re.sub(r"(?<=\S)\n(?=[^\n|#-])", " ", text)


@pytest.mark.parametrize("name", RUNS)
def test_it_names_the_day_and_the_commit_of_each_run(name: str) -> None:
    found = RUN.findall(unbroken(page(name)))
    assert len(found) == RUNS[name]
    days = re.findall(rf"(?i)\brun (?:whole )?on ({DAY})", unbroken(page(name)))
    assert set(days) <= {day for day, _ in found}


@pytest.mark.skipif(
    not (shutil.which("git") and (ROOT / ".git").exists()), reason="not a clone with its history"
)
@pytest.mark.parametrize("name", RUNS)
def test_the_commits_are_of_this_history(name: str) -> None:
    for _, commit in RUN.findall(unbroken(page(name))):
        known = ["git", "merge-base", "--is-ancestor", commit, "HEAD"]
        assert subprocess.run(known, cwd=ROOT, check=False).returncode == 0, commit


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def rows(text: str) -> list[list[str]]:
    """Return the rows of the tables in it, without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    heads = {number for number, line in enumerate(lines) if line.startswith("|---")}
    return [
        cells(line)
        for number, line in enumerate(lines)
        if number not in heads and number + 1 not in heads
    ]


def test_drift_tells_of_every_case_and_counts_its_own_rows() -> None:
    text = page("drift")
    told = re.search(r"Of (\d+) changes, (\d+) were .* and (\d+) of the (\d+) that", unbroken(text))
    assert told
    tried = [row for row in rows(text) if len(row) == 6]
    assert len(tried) == len(CASES) == int(told[1])
    held = [row for row in tried if all(cell.startswith("yes") for cell in row[2:5])]
    assert len(held) == int(told[2])
    there = [row for row in tried if row[5].startswith(("yes", "**no**"))]
    assert len(there) == int(told[4])
    assert len([row for row in there if row[5].startswith("yes")]) == int(told[3])
    assert len([row for row in rows(text) if len(row) == 3]) == len(REASONS)


def test_reliability_counts_its_own_cells() -> None:
    text = page("reliability")
    totals = {row[0]: row for row in rows(text) if len(row) == 6 and row[0][0] != "`"}
    total = 0
    for operation in OPERATIONS:
        told = totals[operation.name]
        part = text.split(f"## `{operation.name}`")[1].split("\n## ")[0]
        table = [row for row in rows(part) if len(row) == 2 + len(Way)]
        counted = [int(found) for row in table for found in re.findall(r"(\d+) ✓", str(row[2:]))]
        calls = sum(numbers(row[1]) for row in table)
        assert told[1].startswith(f"{calls} (")
        assert int(told[2].replace(",", "")) == sum(counted)
        total += sum(counted)
    assert f"of {total:,} cells" in unbroken(text)


def numbers(ranges: str) -> int:
    """Return the count of numbers: 4 for `1-3, 7`."""
    ends = [(part.split("-") * 2)[:2] for part in ranges.split(", ")]
    return sum(int(last) - int(first) + 1 for first, last in ends)


def test_reliability_has_every_command_with_every_state() -> None:
    lost = page("reliability").split("## The state lost")[1].split("\n## ")[0]
    assert f"| command | {' | '.join(STATES)} |" in lost
    assert [row[0] for row in rows(lost)] == [f"`{command}`" for command in COMMANDS]
    assert {cell for row in rows(lost) for cell in row[1:]} == {"✓"}


def test_the_generators_write_day_and_commit() -> None:
    """The next run of each generator names them too."""
    sources = {
        "tests/conformance/drift/drift.md": "on {date} at {commit}",
        "tests/conformance/permissions/sweep.py": "on {day} at {commit}",
        "tests/faults/crashes/report.py": "{run.date}, commit {run.commit}",
        "bench/page.py": "commit {_commit()}",
    }
    assert [file for file, said in sources.items() if said not in (ROOT / file).read_text()] == []
