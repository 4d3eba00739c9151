"""Import checks are remembered next to the state, and a damaged file costs only the labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.aws.tried_imports import TriedImport
from provision.state.import_checks import recall, remember

ONE = TriedImport("tap-dev-items", "7", "r-1")
FAILED = TriedImport("tap-dev-items", "8", "r-2", "Runtime.ImportModuleError: No module named 'x'")


def test_the_latest_are_kept(tmp_path: Path) -> None:
    assert recall(tmp_path) == []
    remember(tmp_path, [])
    assert list(tmp_path.iterdir()) == []
    remember(tmp_path, [ONE])
    remember(tmp_path, [FAILED])
    assert recall(tmp_path) == [ONE, FAILED]
    remember(tmp_path, [ONE] * 300)
    assert recall(tmp_path) == [ONE] * 200
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"function": 1}', '{"other": "x"}', "\xff", "[" * 100_000, "null"]
)
def test_a_damaged_file_has_no_labels(tmp_path: Path, text: str) -> None:
    (tmp_path / "import-checks.jsonl").write_text(text, "latin-1")
    assert recall(tmp_path) == []
    remember(tmp_path, [ONE])
    assert recall(tmp_path) == [ONE]


def test_a_folder_that_takes_no_file_stops_no_run(tmp_path: Path) -> None:
    remember(tmp_path / "gone", [ONE])
    assert recall(tmp_path / "gone") == []
