"""What a run of uv adds to its folder and to its cache, counted while it runs, and deleted.

uv unpacks each wheel in its cache, as `.tmp…`, gives what is whole a name in `archive-v0`, and
copies all of them from there when the last one is whole. The cache is the user's, so another uv may
add to it at the same time: that is counted too, and nothing is deleted while it runs.
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
"""Files and folders in the cache, and as many in the folder. A layer's folder may have a fifth less
of both; what another uv unpacks meanwhile is counted too."""
MOST_WRITTEN: Final = 8 * UNZIPPED_LIMIT
"""Bytes. uv writes a package twice. What is too large by less is told by what is in it."""
_MOVED_UP: Final = 20
"""Folders deep."""
_TEMPORARY: Final = ".tmp"
_WHOLE: Final = "archive-v"
_INFO: Final = ".dist-info"


class TooMuch(Exception):
    """What grew beyond a layer; `names` are at the top of the largest wheel, or of the folder."""

    def __init__(self, what: str, names: Iterable[str]) -> None:
        super().__init__(what)
        self.what = what
        self.names = tuple(sorted(names))


@dataclass(frozen=True)
class Size:
    """Of all that is below a folder. `size` is 0 where nobody asked for bytes."""

    entries: int = 0
    size: int = 0
    deep: int = 0

    def __add__(self, other: Size) -> Size:
        deep = max(self.deep, other.deep)
        return Size(self.entries + other.entries, self.size + other.size, deep)


@dataclass(frozen=True)
class Growth:
    """Of `packages` in the folder, and of the cache since it had only what `before` names."""

    folder: Path
    cache: Path
    before: frozenset[str]
    _known: dict[Path, Size] = field(default_factory=dict)  # of what has its name, and stays

    @classmethod
    def since_now(cls, folder: Path, cache: Path) -> Growth:
        return cls(folder, cache, frozenset(_parts(cache)))

    def check(self, written: int | None) -> None:
        """Raise `TooMuch`. `written`: bytes, where the system tells them of a process."""
        sized = written is None
        cached = sum((self._size(part, sized=sized) for part in self._new()), Size())
        here = size_below(self._packages, sized=sized)
        if max(cached.deep, here.deep) > MOST_DEEP:
            what = f"folders more than {MOST_DEEP} deep"
            raise self._too_much(what, attrgetter("deep"))
        if max(cached.entries, here.entries) > MOST_ENTRIES:
            what = f"more than {MOST_ENTRIES:,} files and folders"
            raise self._too_much(what, attrgetter("entries"))
        if (cached.size + here.size if written is None else written) > MOST_WRITTEN:
            what = f"files that take more than {megabytes(MOST_WRITTEN)} to write"
            raise self._too_much(what, attrgetter("size"))

    def forget(self) -> bool:
        """Delete from the cache what is half unpacked; whether that could be. For when uv has
        ended. What is finished is another's to delete: uv's own list of it would lead nowhere."""
        parts = self._new()
        if not parts or self.cache.is_relative_to(self.folder):  # which goes as a whole
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
        """Names of packages in the cache, as they spell them."""
        tops = (name for part in self._new() for name in _listed(part))
        return {name.partition("-")[0] for name in tops if name.endswith(_INFO)}

    @property
    def _packages(self) -> Path:
        return self.folder / "packages"

    def _new(self) -> list[Path]:
        return [self.cache / name for name in _parts(self.cache) if name not in self.before]

    def _too_much(self, what: str, by: Callable[[Size], int]) -> TooMuch:
        wheels = self._new()
        here = [self._packages / name for name in _listed(self._packages)]
        sizes = {path: size_below(path, sized=True) for path in (*wheels, *here)}
        largest = max(sizes, key=lambda path: by(sizes[path]), default=self._packages)
        return TooMuch(what, _listed(largest) if largest in wheels else [largest.name])

    def _size(self, part: Path, *, sized: bool) -> Size:
        if part.name.startswith(_TEMPORARY):
            return size_below(part, sized=sized)
        if part not in self._known:
            self._known[part] = size_below(part, sized=sized)
        return self._known[part]


def remove(top: Path) -> None:
    """Delete it, however deep it is: Python's own way calls itself for every level before 3.13, and
    a path can have become too long for the system. So what lies deep is moved up first.
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
    """Each is a package, unpacked or being so. There may be some ten thousand."""
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
    """As far as it has to be known: counting ends where it is too much."""
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
    """While no uv works there: each holds a lock of the cache, which it shares with the others.
    Raises OSError where one does, or where that cannot be known."""
    if sys.platform == "win32":
        raise BlockingIOError
    import fcntl  # noqa: PLC0415  (Windows has none)

    lock = os.open(cache / ".lock", os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(lock)
