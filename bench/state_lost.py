"""Every command with the state deleted, torn, older or newer than AWS.

`make state-lost` runs these tests and writes their results into docs/reliability.md. Exit 1 if one
failed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

from bench.crash_matrix import KEPT, write_page
from tests.faults.crashes.report import Lost, commit
from tests.faults.test_state_lost import EVERY

TEST = "test_every_command_without_the_state_it_wrote"


def main() -> int:
    at = commit()
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-n", "2", "-rp", "-q"),
            *("tests/faults/test_state_lost.py", "-k", TEST),
        ],
        env={**os.environ, "STATE_LOST_ALL": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    print(ended.stdout)
    passed = _passed(ended.stdout)
    cells = {f"{command} {state}": f"{command}-{state}" in passed for command, state in EVERY}
    Lost.of(cells, at).keep(KEPT)
    write_page()
    return ended.returncode


def _passed(report: str) -> set[str]:
    """Return the parameters in brackets of each test that passed, from pytest's report (-rp)."""
    return set(re.findall(rf"^PASSED .*{TEST}\[(.+)\]$", report, re.MULTILINE))


if __name__ == "__main__":
    sys.exit(main())
