"""`plan -v` shows what is packed, with sizes, and nothing that is left out."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from provision.views.packed import print_packed
from tests.support.sample_stack import configured
from tests.unit.packaging.test_archive import write


def test_the_files_of_a_zip_are_listed(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {"app.py": "def handler(a, b): ...\n", "notes.md": "x"}
    source = write(tmp_path / "code", {**files, "tests/test_a.py": "", "drafts/b": ""})
    changes = {"functions": {"items": {"source": str(source), "exclude": ["drafts/"]}}}
    shown = io.StringIO()
    print_packed(Console(file=shown, width=80), configured(tmp_path, changes))
    assert shown.getvalue().splitlines() == [
        "function.items packs 2 files, 24 bytes:",
        "           23  app.py",
        "            1  notes.md",
    ]
