"""Selects the files of a folder that are packed into a zip: only regular files inside it.

A link that stays inside is followed. A link that leads out, or to a hidden file, would let a pull
request deploy files that it may not read; reading a pipe or a device would never end. These are
errors that name the file. A folder larger than Lambda takes is an error before it is read.
"""

from __future__ import annotations

import os
import stat
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from provision.errors import ProvisionError
from provision.files import read_regular

UNZIPPED_LIMIT: Final = 262_144_000  # the function and all its layers together (L23)
MOST_FILES: Final = 65_535
"""The number of files that a plain zip can list; links that fan out would reach any number."""
MOST_DEEP: Final = 100
"""The deepest nesting of folders; real packages have less than a fifth of it.

Thousands would take minutes to read, since the system resolves each path from its beginning."""
_SHOWN: Final = 60  # characters of a name that may be long


class PackagingFailed(ProvisionError):
    """A function's or layer's folder cannot be turned into what Lambda takes."""


def list_files(source: Path) -> dict[str, Path]:
    """Return the files of a function's folder by their name in the zip.

    Leaves out names that begin with a dot, `__pycache__`, compiled modules, editors' files,
    `node_modules` and virtual environments.
    """
    return _named(source, _is_never_packed)


def list_all_files(source: Path) -> dict[str, Path]:
    """Return all files of installed packages by their name in the zip, hidden ones included."""
    return _named(source, lambda _: False)


def check_sizes(files: Mapping[str, Path], source: str) -> None:
    """Raise `PackagingFailed` for more than Lambda takes, without reading a file."""
    sizes = {name: path.stat().st_size for name, path in files.items()}
    total = sum(sizes.values())
    if total > UNZIPPED_LIMIT:
        raise too_large(source, "unzipped", total, UNZIPPED_LIMIT, sizes)


def read_file(path: Path) -> bytes:
    try:
        return read_regular(path, UNZIPPED_LIMIT)
    except OSError as error:
        raise PackagingFailed(
            f"{path} cannot be read: {error.strerror}",
            hint="make it readable, or remove it from the folder",
        ) from error


def too_large(
    source: str, what: str, size: int, limit: int, sizes: Mapping[str, int]
) -> PackagingFailed:
    """Return the error for a zip over the limit; it names the largest packages.

    `sizes` is in bytes, by the name in the zip.
    """
    packages: Counter[str] = Counter()
    for name, many in sizes.items():
        parts = PurePosixPath(name).parts
        inside = parts[0] == "python" and len(parts) > 1
        packages[parts[1] if inside else parts[0]] += many
    largest = ", ".join(f"{name} {megabytes(many)}" for name, many in packages.most_common(10))
    return PackagingFailed(
        f"{source} is {megabytes(size)} {what}, and Lambda takes {megabytes(limit)}; "
        f"the largest in it: {largest}",
        hint="remove what the code does not import, or move it to another layer",
    )


def megabytes(size: int) -> str:
    return f"{size / 1_048_576:.1f} MiB"


def _is_never_packed(entry: os.DirEntry[str]) -> bool:
    name = entry.name
    if name.startswith(".") or _is_bytecode(name) or _is_of_an_editor(name):
        return True
    return name == _OF_NODE or Path(entry.path, _OF_VENV).is_file()


_OF_NODE: Final = "node_modules"
_OF_VENV: Final = "pyvenv.cfg"  # https://docs.python.org/3/library/venv.html


def _is_bytecode(name: str) -> bool:
    return name == "__pycache__" or name.endswith((".pyc", ".pyo"))


def _is_of_an_editor(name: str) -> bool:
    """Return whether Emacs or Vim writes such a file next to one that is being edited."""
    return name.endswith("~") or (name.startswith("#") and name.endswith("#")) or name == "4913"


def _named(source: Path, left_out: Callable[[os.DirEntry[str]], bool]) -> dict[str, Path]:
    if not source.is_dir():
        raise PackagingFailed(
            f"{source} is not a folder", hint="correct `source` in config.yaml, or make the folder"
        )
    files: dict[str, Path] = {}
    for name, path in _Walk(source, source.resolve(), left_out).files():
        # macOS may spell a name decomposed.
        zipped = unicodedata.normalize("NFC", name)
        if zipped in files:
            raise PackagingFailed(
                f"{source} has two files that are {zipped} in a zip", hint="rename one of them"
            )
        files[zipped] = path
    return files


@dataclass(frozen=True)
class _Walk:
    """A walk through `source` that follows only links which stay inside.

    `top` is `source` with links resolved. Paths of found files begin with `source`.
    """

    source: Path
    top: Path
    left_out: Callable[[os.DirEntry[str]], bool]

    def files(self) -> Iterator[tuple[str, Path]]:
        """Yield each file's name in the zip and its path.

        Each entry of `in_hand` carries the real folders that hold it, to detect circles of links.
        """
        in_hand = [(self.source, "", self.top, frozenset({self.top}))]
        seen = 0
        while in_hand:
            folder, prefix, real, above = in_hand.pop()
            if prefix.count("/") > MOST_DEEP:
                raise PackagingFailed(
                    f"{self.source} has folders more than {MOST_DEEP} deep: {prefix[:_SHOWN]}…",
                    hint="remove them",
                )
            for entry in self._entries(folder):
                seen += 1
                if seen > MOST_FILES:
                    raise PackagingFailed(
                        f"{self.source} has over {MOST_FILES:,} files, and a zip lists no more",
                        hint="remove what the code does not import; check for links to folders",
                    )
                path = self._followed(entry) if entry.is_symlink() else Path(entry.path)
                mode = path.stat().st_mode
                if stat.S_ISDIR(mode):
                    inside = self._real_folder(path, entry, real, above)
                    in_hand.append((path, f"{prefix}{entry.name}/", inside, above | {inside}))
                elif stat.S_ISREG(mode):
                    yield f"{prefix}{entry.name}", path
                else:
                    raise PackagingFailed(
                        f"{path} is neither a file nor a folder", hint="remove it from the folder"
                    )

    def _entries(self, folder: Path) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                found = [entry for entry in entries if not self.left_out(entry)]
        except OSError as error:
            raise PackagingFailed(
                f"{folder} cannot be read: {error.strerror}", hint="make it readable"
            ) from error
        for entry in found:
            try:
                entry.name.encode()
            except UnicodeEncodeError:
                raise PackagingFailed(
                    f"{entry.path!r} has a name that is not UTF-8", hint="rename it"
                ) from None
        return found

    def _followed(self, link: os.DirEntry[str]) -> Path:
        try:
            target = Path(link.path).resolve(strict=True)
        except (OSError, RuntimeError):  # a loop of links is a RuntimeError before Python 3.13
            raise PackagingFailed(
                f"{link.path} is a broken symbolic link",
                hint="fix it, or remove it",
            ) from None
        if not target.is_relative_to(self.top):
            raise self._leads_out(Path(link.path), target)
        inside = target.relative_to(self.top)
        if any(part.startswith(".") for part in inside.parts):
            raise PackagingFailed(
                f"{link.path} is a symbolic link to {inside.as_posix()}, which is hidden",
                hint="give the file a name without a dot, or remove the link",
            )
        return self.source / inside

    def _real_folder(
        self, path: Path, entry: os.DirEntry[str], holder: Path, above: Collection[Path]
    ) -> Path:
        """Return the real path of a folder; raise `PackagingFailed` if it leads out or in a circle.

        On Windows a folder can be a link that is not reported as one: a junction.
        """
        if sys.platform != "win32" and not entry.is_symlink():
            return holder / entry.name
        real = path.resolve()
        if not real.is_relative_to(self.top):
            raise self._leads_out(Path(entry.path), real)
        if real in above:
            raise PackagingFailed(
                f"{entry.path} is a symbolic link to a folder that holds it",
                hint="remove the link",
            )
        return real

    def _leads_out(self, link: Path, target: Path) -> PackagingFailed:
        return PackagingFailed(
            f"{link} is a symbolic link out of {self.source}, to {target}",
            hint="put the file itself there: only files inside the folder are zipped",
        )
