"""Says what becomes of the files that exist where those of a new project are to be written.

The user's README.md and .gitattributes stay as they are, and .gitignore gets the lines that it
lacks. Any other file is in the way, and `--force` overwrites it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from provision.errors import ProvisionError
from provision.files import read_regular

README: Final = "README.md"
ATTRIBUTES: Final = ".gitattributes"
IGNORED: Final = ".gitignore"


class FilesInTheWay(ProvisionError):
    """Files that exist where the project's are to be written, each a line of `more`."""


@dataclass(frozen=True)
class Existing:
    """The files of a project that exist already, by what becomes of them."""

    overwritten: tuple[str, ...]
    extended: Mapping[str, bytes]
    """The user's files that get further lines, each with its new content."""
    kept: tuple[str, ...]
    """The user's files that stay as they are."""

    def written(self, files: Mapping[str, bytes]) -> dict[str, bytes]:
        """Return those of the project's files that are written, with their content."""
        return {
            path: self.extended.get(path, content)
            for path, content in files.items()
            if path not in self.kept
        }


def find_existing(folder: Path, files: Mapping[str, bytes], *, force: bool) -> Existing:
    """Return what becomes of the files that exist. Raise FilesInTheWay if any may not be written.

    Raise OSError if one that gets further lines cannot be read.
    """
    blocked = list(dict.fromkeys(filter(None, (_blocking(folder, path) for path in files))))
    if blocked:
        raise FilesInTheWay(
            f"Nothing was written: in {folder} these are not what they would have to be:",
            more=[f"  {line}" for line in blocked],
            hint="move them away, or give another DIR",
        )
    existing = [path for path in files if os.path.lexists(folder / path)]
    kept = [path for path in existing if path == ATTRIBUTES or (path == README and not force)]
    extended: dict[str, bytes] = {}
    if IGNORED in existing and not (folder / IGNORED).is_symlink():
        mine = read_regular(folder / IGNORED)
        extended[IGNORED] = _with_lines(mine, files[IGNORED])
        if extended[IGNORED] == mine:
            kept.append(IGNORED)
            del extended[IGNORED]
    others = [path for path in existing if path not in kept and path not in extended]
    if others and not force:
        raise FilesInTheWay(
            f"Nothing was written: these files exist in {folder}:",
            more=[f"  {path}" for path in sorted(others)],
            hint="move them away, give another DIR, or overwrite them with --force",
        )
    return Existing(tuple(others), extended, tuple(kept))


def is_real_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _blocking(folder: Path, path: str) -> str | None:
    """Return what no file can replace, or be written through, and why; None if there is none."""
    for above in reversed(PurePosixPath(path).parents):
        here = folder / above
        if here != folder and (here.is_symlink() or (here.exists() and not here.is_dir())):
            return f"{above} is {'a link' if here.is_symlink() else 'not a folder'}"
    return f"{path} is a folder" if is_real_folder(folder / path) else None


def _with_lines(mine: bytes, ours: bytes) -> bytes:
    """Return the file with the lines of ours that it lacks at its end."""
    present = {line.strip() for line in mine.splitlines()}
    missing = [line for line in ours.splitlines() if line.strip() not in present]
    if not missing:
        return mine
    end = b"\r\n" if b"\r\n" in mine else b"\n"
    begun = mine if not mine or mine.endswith(b"\n") else mine + end
    return begun + b"".join(line + end for line in missing)
