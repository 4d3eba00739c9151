"""Selects which files of a function's folder are packed: the user's patterns, and a default list.

Decision 34 has the form of patterns, and why they are read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from provision.packaging.folder import list_files, read_file
from provision.packaging.imports import imported, module_file

DEFAULT: Final = (
    "/tests/",
    "/test/",
    "/test_*.py",
    "/conftest.py",
    "*.env",
    "*.key",
    "*key.pem",
    "*.p12",
    "*.pfx",
    "id_rsa",
    "id_ecdsa",
    "id_ed25519",
)
"""Tests at the top of the folder, and files that are named like private keys or environments.

Hidden names, editors' files, `node_modules` and virtual environments are not even read
(`list_files`)."""


def packed_files(source: Path, exclude: Sequence[str] = ()) -> dict[str, Path]:
    """Return the files of a function's folder that are packed, by their name in the zip.

    A module that the default list names is packed nevertheless if a packed module imports it.
    Raise `PackagingFailed` as `list_files` does.
    """
    files = list_files(source)
    packed = {name: path for name, path in files.items() if not excluded_by(name, exclude)}
    spared = {name for name in packed if _by_default(name, exclude)}
    modules = {name for name in spared if name.endswith(".py")}
    rest = {name: path for name, path in packed.items() if name not in spared}
    return rest | {name: packed[name] for name in _imported(rest, packed, modules)}


def excluded_by(name: str, patterns: Iterable[str]) -> str:
    """Return the pattern that leaves the file out, or an empty text; the last that fits decides."""
    found = ""
    for pattern in patterns:
        if _expression(pattern.removeprefix("!")).fullmatch(name):
            found = "" if pattern.startswith("!") else pattern
    return found


def matches(pattern: str, names: Iterable[str]) -> bool:
    """Return whether the pattern fits any of the files."""
    fits = _expression(pattern.removeprefix("!"))
    return any(fits.fullmatch(name) for name in names)


def _by_default(name: str, exclude: Sequence[str]) -> bool:
    """Return whether the default list leaves the file out, and no `!` of the user's brings it."""
    return bool(excluded_by(name, [*DEFAULT, *(each for each in exclude if each.startswith("!"))]))


def _imported(
    packed: Mapping[str, Path], found: Mapping[str, Path], left: Iterable[str]
) -> set[str]:
    """Return which of the modules `left` those that are packed import, directly or not."""
    missing, taken = set(left), set[str]()
    waiting = [name for name in packed if name.endswith(".py")] if missing else []
    while waiting and missing:
        name = waiting.pop()
        for wanted in imported(name, read_file(found[name])):
            parts = wanted.split(".")
            for end in range(1, len(parts) + 1):
                file = module_file(missing, ".".join(parts[:end]))
                if file:
                    missing.remove(file)
                    taken.add(file)
                    waiting.append(file)
    return taken


@lru_cache(maxsize=512)
def _expression(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a pattern, for names relative to the folder."""
    *folders, last = pattern.strip("/").split("/")
    whole = "" if "/" in pattern.rstrip("/") else _ANY_FOLDER
    for folder in folders:
        whole += _ANY_FOLDER if folder == "**" else f"{_segment(folder)}/"
    whole += ".+" if last == "**" else _segment(last)
    # A name is that of a file, or of a folder with all that is in it.
    return re.compile(whole + ("/.*" if pattern.endswith("/") else "(?:/.*)?"), re.DOTALL)


def _segment(part: str) -> str:
    """Return the expression of a pattern's part between slashes.

    Each star but the last takes as little as it can, and does not try again: otherwise the time
    would grow with the power of their number.
    """
    first, *others = (_fixed(each) for each in part.split("*"))
    if not others:
        return first
    *middle, last = others
    return "".join((first, *(f"(?>[^/]*?{each})" for each in middle), f"[^/]*{last}"))


def _fixed(text: str) -> str:
    return "[^/]".join(map(re.escape, text.split("?")))


_ANY_FOLDER: Final = "(?:.*/)?"
