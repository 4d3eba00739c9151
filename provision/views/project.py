"""Prints what `provision init` wrote, and what to type next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from provision.sanitizing.text import put


def print_project(
    folder: Path, template: str, files: Sequence[str], overwritten: Sequence[str], following: str
) -> None:
    """Print the files and the folders at the top of the project, and the next command last."""
    tops = dict.fromkeys(_top(path) for path in sorted(files))
    put(f"Wrote {len(files)} files of the template {template} to {folder}:", f"  {'  '.join(tops)}")
    if overwritten:
        put(f"Overwritten: {', '.join(overwritten)}")
    put("Type next:", f"  {following}")


def _top(path: str) -> str:
    top, slash, _ = path.partition("/")
    return top + slash
