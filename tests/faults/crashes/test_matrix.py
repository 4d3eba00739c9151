"""A seeded sample of the crash matrix; `make crash-matrix` runs the whole (docs/reliability.md)."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys

import pytest

from tests.faults.crashes.operations import OPERATIONS
from tests.faults.crashes.report import TEMPLATE
from tests.support.sample_stack import ROOT

SHARE = "0.004"
"""The share of the cells of one operation: about three with any seed."""
KILLS = "1"
TOTALS = 6
"""Columns of the page's table of all operations."""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="snapshots of the account are forks")
def test_a_sample_of_all_crashes_leaves_nothing_wrong() -> None:
    """It runs in its own process, because a test runner's threads do not survive forks."""
    seed = os.environ.get("CRASH_SEED", str(secrets.randbelow(1_000_000)))
    operation = OPERATIONS[int(seed) % len(OPERATIONS)].name
    options = f"--dry --share {SHARE} --kills {KILLS} --seed {seed}"
    command = [sys.executable, "-m", "bench.crash_matrix", *options.split()]
    command += ["--operation", operation]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, f"again with CRASH_SEED={seed}\n{done.stdout}\n{done.stderr}"


def test_the_page_has_these_words_and_every_operation_whole_and_passed() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text("utf-8")
    paragraphs = TEMPLATE.read_text("utf-8").strip().split("\n\n")
    assert [words for words in paragraphs if "{" not in words and words not in page] == []
    rows = [line.split(" | ") for line in page.splitlines()]
    total = {row[0].removeprefix("| "): row[2:4] for row in rows if len(row) == TOTALS}
    assert {operation.name for operation in OPERATIONS} <= total.keys()
    for operation in OPERATIONS:
        cells, failed = total[operation.name]
        assert cells.replace(",", "").isdecimal(), f"{operation.name}: only a sample"
        assert failed == "0", operation.name
