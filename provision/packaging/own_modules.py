"""Finds a layer's own modules, below python/ in its folder, and those that a wheel brings too."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Final

from provision.packaging.folder import PackagingFailed, list_files

OWN: Final = "python"
"""The folder of the user's own modules, and the one of a layer's zip that code imports from."""


def own_modules(source: Path) -> dict[str, Path]:
    """Return the user's own files by their name below python/; none if there is no such folder.

    Raise `PackagingFailed` as `list_files` does.
    """
    folder = source / OWN
    return list_files(folder) if folder.is_dir() else {}


def check_separate(own: Collection[str], wheels: Collection[str], source: Path) -> None:
    """Raise `PackagingFailed` if a wheel brings a file or a module of the user's own as well.

    One would hide the other, and which one may differ by platform. Packages without `__init__.py`
    may have parts in both.
    """
    both = {_top(name) for name in own} & {_top(name) for name in wheels}
    named = sorted(set(own) & set(wheels)) or sorted(
        top for top in both if not (_is_namespace(top, own) and _is_namespace(top, wheels))
    )
    if named:
        raise PackagingFailed(
            f"layer {source}: {OWN}/{named[0]} is your own and in a wheel of requirements.txt too",
            hint="rename yours, or remove the package from requirements.txt",
        )


def _top(name: str) -> str:
    """Return the name that code imports: `shared` of `shared.py` and of `shared/money.py`."""
    first, slash, _ = name.partition("/")
    return first if slash else first.partition(".")[0]


def _is_namespace(top: str, names: Collection[str]) -> bool:
    inside = [name for name in names if _top(name) == top]
    return f"{top}/__init__.py" not in inside and all("/" in name for name in inside)
