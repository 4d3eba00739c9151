"""Counts what a run of uv adds to its folder and its cache, and deletes it from the cache.

uv unpacks each wheel in its cache as `.tmp…`, renames complete ones into `archive-v0`, and copies
all of them from there when the last is complete. The cache is the user's, so another uv may add to
it at the same time: its additions are counted too, and nothing is deleted while it runs.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import Final

from provision.packaging.folder import MOST_DEEP, MOST_FILES, UNZIPPED_LIMIT, megabytes

MOST_ENTRIES: Final = MOST_FILES * 5 // 4
"""The limit of files and folders, each for the cache and for the folder.

A layer's folder may have a fifth less; the rest allows for a uv that runs at the same time."""
MOST_WRITTEN: Final = 8 * UNZIPPED_LIMIT
"""The limit in bytes; uv writes a package twice.

A smaller excess is reported from the sizes of the files when they are packed."""
_MOVED_UP: Final = 20
"""The depth, in folders, from which `remove` moves a folder up."""
_TEMPORARY: Final = ".tmp"
_WHOLE: Final = "archive-v"
_INFO: Final = ".dist-info"


@dataclass(frozen=True)
class Size:
    """The number of entries, bytes and levels below a folder; bytes are 0 if not requested."""

    entries: int = 0
    size: int = 0
    deep: int = 0

    def __add__(self, other: Size) -> Size:
        deep = max(self.deep, other.deep)
        return Size(self.entries + other.entries, self.size + other.size, deep)


class LimitExceeded(Exception):
    """The error for growth beyond a limit while uv runs; `by` is the measure that exceeds it."""

    def __init__(self, what: str, by: Callable[[Size], int]) -> None:
        super().__init__(what)
        self.what = what
        self.by = by


class TooMuch(Exception):
    """The error for growth beyond a layer's limits, raised after uv has ended.

    `names` are the top-level names of the largest wheel, or of the folder.
    """

    def __init__(self, what: str, names: Iterable[str]) -> None:
        super().__init__(what)
        self.what = what
        self.names = tuple(sorted(names))


@dataclass(frozen=True)
class Growth:
    """The growth of `packages` in the folder, and of the cache beyond the entries in `before`."""

    folder: Path
    cache: Path
    before: frozenset[str]
    _known: dict[Path, Size] = field(default_factory=dict)  # of complete packages

    @classmethod
    def since_now(cls, folder: Path, cache: Path) -> Growth:
        return cls(folder, cache, frozenset(_parts(cache)))

    def check(self, written: int | None) -> None:
        """Raise `LimitExceeded` if a limit is exceeded.

        `written` is the bytes that uv wrote, or None if the system does not report them; then the
        files are measured.
        """
        sized = written is None
        cached = sum((self._size(part, sized=sized) for part in self._new()), Size())
        here = size_below(self._packages, sized=sized)
        if max(cached.deep, here.deep) > MOST_DEEP:
            what = f"folders more than {MOST_DEEP} deep"
            raise LimitExceeded(what, attrgetter("deep"))
        if max(cached.entries, here.entries) > MOST_ENTRIES:
            what = f"more than {MOST_ENTRIES:,} files and folders"
            raise LimitExceeded(what, attrgetter("entries"))
        if (cached.size + here.size if written is None else written) > MOST_WRITTEN:
            what = f"files that take more than {megabytes(MOST_WRITTEN)} to write"
            raise LimitExceeded(what, attrgetter("size"))

    def too_much(self, exceeded: LimitExceeded) -> TooMuch:
        """Return the error with the names of the largest wheel.

        Called after uv has ended and before `forget`: uv renames and deletes packages while it
        runs, so one that was listed may be gone when it is measured.
        """
        wheels = self._new()
        here = [self._packages / name for name in _listed(self._packages)]
        sizes = {path: size_below(path, sized=True) for path in (*wheels, *here)}
        largest = max(sizes, key=lambda path: exceeded.by(sizes[path]), default=self._packages)
        names = _listed(largest) if largest in wheels else [largest.name]
        return TooMuch(exceeded.what, names)

    def forget(self) -> bool:
        """Delete half unpacked packages from the cache; return whether that was possible.

        Called after uv has ended. Complete packages stay: uv's own index refers to them.
        """
        parts = self._new()
        if not parts or self.cache.is_relative_to(self.folder):  # deleted as a whole
            return True
        try:
            with _alone(self.cache):
                for part in parts:
                    if part.name.startswith(_TEMPORARY):
                        remove(part)
        except OSError:
            return False
        return True

    def finished(self) -> set[str]:
        """Return the names of complete packages that were added, as they spell them."""
        tops = (name for part in self._new() for name in _listed(part))
        return {name.partition("-")[0] for name in tops if name.endswith(_INFO)}

    @property
    def _packages(self) -> Path:
        return self.folder / "packages"

    def _new(self) -> list[Path]:
        return [self.cache / name for name in _parts(self.cache) if name not in self.before]

    def _size(self, part: Path, *, sized: bool) -> Size:
        if part.name.startswith(_TEMPORARY):
            return size_below(part, sized=sized)
        if part not in self._known:
            self._known[part] = size_below(part, sized=sized)
        return self._known[part]


def remove(top: Path) -> None:
    """Delete a file or folder, however deep it is.

    `shutil.rmtree` recurses for every level before Python 3.13, and a path can be too long for the
    system. So folders are moved up from every `_MOVED_UP`th level first.
    """
    if top.is_symlink() or not top.is_dir():
        top.unlink(missing_ok=True)
        return
    aside = Path(tempfile.mkdtemp(dir=top))
    levels = {str(top): 0, str(aside): 0}
    in_hand = [str(top)]
    while in_hand:
        folder = in_hand.pop()
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if entry.path != str(aside)]
        for entry in found:
            if not entry.is_dir(follow_symlinks=False):
                Path(entry.path).unlink()
                continue
            inside, level = entry.path, levels[folder] + 1
            if level == _MOVED_UP:
                inside, level = str(Path(entry.path).rename(aside / str(len(levels)))), 0
            levels[inside] = level
            in_hand.append(inside)
    for folder in reversed(levels):  # each after all that it held
        Path(folder).rmdir()


def _parts(cache: Path) -> Iterator[str]:
    """Yield the names of packages in the cache, unpacked or in progress; may be 10,000."""
    for name in _listed(cache):
        if name.startswith(_TEMPORARY):
            yield name
        elif name.startswith(_WHOLE):
            yield from (f"{name}/{each}" for each in _listed(cache / name))


def _listed(folder: Path) -> list[str]:
    with suppress(OSError), os.scandir(folder) as found:
        return [entry.name for entry in found]
    return []


def size_below(top: Path, *, sized: bool) -> Size:
    """Return the size of all that is below `top`; counting ends once a limit is exceeded."""
    entries = size = deep = 0
    in_hand = [(str(top), 0)]
    while in_hand and entries <= MOST_ENTRIES and deep <= MOST_DEEP:
        folder, level = in_hand.pop()
        deep = max(deep, level)
        with suppress(OSError), os.scandir(folder) as found:  # uv moves and deletes meanwhile
            for entry in found:
                entries += 1
                if entry.is_dir(follow_symlinks=False):
                    in_hand.append((entry.path, level + 1))
                elif sized:
                    size += entry.stat(follow_symlinks=False).st_size
    return Size(entries, size, deep)


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """Hold the cache's lock exclusively; every running uv holds it as a shared lock.

    Raises OSError if a uv runs, or if the system has no such lock.
    """
    if sys.platform == "win32":
        raise BlockingIOError
    import fcntl  # noqa: PLC0415  (Windows has none)

    lock = os.open(cache / ".lock", os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(lock)
