"""Prints what `provision init` wrote, and what to type next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from provision.sanitizing.text import put
from provision.workflows.new_project import Written


def print_project(
    made: Written, folder: Path, template: str, others: Sequence[str], following: str
) -> None:
    """Print the files and the folders at the top of the project, and the next command last.

    `others` are files in the folder that only another template has.
    """
    tops = dict.fromkeys(_top(path) for path in sorted(made.files))
    count = len(made.files)
    put(f"Wrote {count} files of the template {template} to {folder}:", f"  {'  '.join(tops)}")
    for said, paths in (
        ("Overwritten", made.overwritten),
        ("Yours, with further lines", made.extended),
        ("Yours, kept as it is", made.kept),
        ("Of another template, and left there", others),
    ):
        if paths:
            put(f"{said}: {', '.join(paths)}")
    put(f"stack {made.config.prefix}, {made.config.region}", "Type next:", f"  {following}")


def _top(path: str) -> str:
    top, slash, _ = path.partition("/")
    return top + slash
