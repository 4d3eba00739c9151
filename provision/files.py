"""Private, atomic and durable files that are never written through another user's link.

A checkout can contain a link or a pipe in the place of the state, a lock or a cache. So nothing
here follows a link in the last part of a path or opens anything but a regular file. A file that
exists is replaced by writing a new one under a temporary name and renaming it.

Windows has neither O_NOFOLLOW nor numeric owners. There, a link is checked for before opening.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST: Final = 16 * 1_048_576
"""The most bytes that are read: far above any state or plan (84 KB for 300 routes), and far below
what would exhaust memory, as Python needs about thirty times the size."""

_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT: Final = getattr(os, "O_NONBLOCK", 0)  # opening a pipe without a writer would block
_EXACT: Final = getattr(os, "O_BINARY", 0)
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK | _EXACT
_UNFINISHED: Final = re.compile(r"\..+\.[0-9]+\.[0-9a-f]{8}\.new")
HOME: Final = ".provision"
"""The folder next to config.yaml that holds the files of this tool."""
_NOTHING_OF_IT: Final = b"# Of provision: state, and what the emulator holds, with its keys.\n*\n"
_NOT_OURS_TO_WRITE: Final = (errno.EACCES, errno.EROFS)
_OTHERS_MAY_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


class Planted(OSError):
    """Something other than our own file or directory in its place; `strerror` says what it is."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(errno.EPERM, f"{path} {what}", str(path))


def make_private(directory: Path) -> None:
    """Create the directory and its missing parents, all with mode 0700.

    `mkdir(parents=True)` would give the parents the default mode. The new directory entries are on
    disk when this returns; otherwise a crash could lose them with all their files.
    """
    missing = [each for each in (directory, *directory.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
        keep_names(each.parent)


def make_home(directory: Path) -> None:
    """Create the directory as `make_private` does, and make git ignore the folder `HOME` above it.

    The emulator saves keys and secrets, and users run `git add -A`. Outside of `HOME`, ignoring
    the directory is up to the user who chose it.
    """
    make_private(directory)
    for each in (directory, *directory.parents):
        if each.name == HOME:
            _hide_from_git(each)
            return


def _hide_from_git(directory: Path) -> None:
    """Write a .gitignore that ignores everything, in place of any other.

    Another .gitignore came with the checkout and could make git include the files.
    """
    file = directory / ".gitignore"
    try:
        if read_private(file) == _NOTHING_OF_IT:
            return
    except Planted:
        if file.is_dir() and not file.is_symlink():  # a file cannot replace a directory
            raise
    try:
        replace_private(file, _NOTHING_OF_IT)
    except OSError as error:
        # HOME may be read-only or another user's, with our own directory mounted into it.
        if error.errno not in _NOT_OURS_TO_WRITE:
            raise


def check_own_directory(directory: Path) -> None:
    """Raise `Planted` unless the path is a directory that only this user may write to."""
    found = directory.lstat()
    if stat.S_ISLNK(found.st_mode):
        raise Planted(directory, "is a symbolic link")
    if not stat.S_ISDIR(found.st_mode):
        raise Planted(directory, "is not a directory")
    if hasattr(os, "geteuid"):
        if found.st_uid != os.geteuid():
            raise Planted(directory, f"belongs to another user (uid {found.st_uid})")
        if found.st_mode & _OTHERS_MAY_WRITE:
            raise Planted(directory, "may be written to by others")


def refuse_links_below(top: Path, path: Path) -> None:
    """Raise `Planted` if a part of `path` below `top` is a symbolic link."""
    here = top
    for part in path.relative_to(top).parts:
        here /= part
        if here.is_symlink():
            raise Planted(here, "is a symbolic link, which is not followed")


def refuse_special(path: Path) -> None:
    """Raise `Planted` if the path exists and is not a regular file, such as a link or a pipe."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISLNK(mode):
        raise Planted(path, "is a symbolic link, which is not followed")
    if not stat.S_ISREG(mode):
        raise Planted(path, "is not a regular file")


def read_private(path: Path, limit: int = LARGEST) -> bytes | None:
    """Return the whole file, or None if it does not exist.

    Raise `Planted` if it is not a regular file of this user or exceeds `limit` bytes.
    """
    try:
        descriptor = _open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise Planted(path, f"is larger than {limit:,} bytes")
    return content


def read_regular(path: Path, limit: int = LARGEST) -> bytes:
    """Return the whole of a file that the user names, of any owner.

    Raise `Planted` for pipes, devices and files above `limit` bytes.
    """
    descriptor = os.open(path, os.O_RDONLY | _NO_WAIT | _EXACT)
    with os.fdopen(descriptor, "rb") as file:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(mode):
            raise Planted(path, "is not a regular file")
        content = file.read(limit + 1)
    if len(content) > limit:
        raise Planted(path, f"is larger than {limit:,} bytes")
    return content


def replace_private(path: Path, content: bytes) -> None:
    """Write a new file that atomically replaces any at `path`; it is on disk on return."""
    with whole_file(path) as descriptor:
        write_all(descriptor, content)
    keep_names(path.parent)


def create_private(path: Path, content: bytes) -> None:
    """Write a new file, whole and on disk on return. Raises FileExistsError if there is one.

    Nothing is replaced, also if it appears while this writes.
    """
    temporary = _temporary(path)
    descriptor = os.open(temporary, _NEW, 0o600)
    try:
        try:
            write_all(descriptor, content)
        finally:
            os.close(descriptor)
        _take_name(temporary, path)
    finally:
        with suppress(OSError):
            temporary.unlink()
    keep_names(path.parent)


def _take_name(temporary: Path, path: Path) -> None:
    """Give the file its name, which no other may have."""
    try:
        os.link(temporary, path, follow_symlinks=False)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):  # a file system without hard links
        os.close(os.open(path, _NEW, 0o600))  # the name is ours now
        temporary.replace(path)


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}.new")


@contextmanager
def whole_file(path: Path) -> Iterator[int]:
    """Yield the descriptor of a new file that is renamed to `path` if the block succeeds."""
    temporary = _temporary(path)
    descriptor = os.open(temporary, _NEW, 0o600)
    try:
        try:
            yield descriptor
        finally:
            os.close(descriptor)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def sweep_unfinished(directory: Path) -> None:
    """Delete temporary files of `whole_file` that killed processes left in the directory.

    Call this only if no other process can be writing there.
    """
    for left in directory.iterdir():
        if _UNFINISHED.fullmatch(left.name):
            with suppress(OSError):
                left.unlink()


def open_to_append(path: Path) -> int:
    """Return a descriptor that appends to the file, which is created if missing."""
    return _open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def open_to_overwrite(path: Path) -> int:
    """Return a descriptor of the file after emptying it; the file is created if missing."""
    descriptor = _open(path, os.O_RDWR | os.O_CREAT)
    os.ftruncate(descriptor, 0)
    return descriptor


def write_all(descriptor: int, content: bytes) -> None:
    """Write all content to disk, in several writes if needed: a nearly full disk takes a part."""
    while content:
        content = content[os.write(descriptor, content) :]
    os.fsync(descriptor)


def keep_names(directory: Path) -> None:
    """Flush the directory's entries to disk, on systems that support it."""
    with suppress(OSError):  # Windows cannot open directories
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _open(path: Path, flags: int) -> int:
    if not _NO_LINK and path.is_symlink():
        raise Planted(path, "is a symbolic link, which is not followed")
    try:
        descriptor = os.open(path, flags | _NO_LINK | _NO_WAIT | _EXACT, 0o600)
    except OSError as error:
        if path.is_symlink():
            raise Planted(path, "is a symbolic link, which is not followed") from error
        if error.errno == errno.ENXIO:  # a pipe without a reader, or a socket
            raise Planted(path, "is not a regular file") from error
        raise
    try:
        _check_own_file(path, os.fstat(descriptor))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _check_own_file(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise Planted(path, "is not a regular file")
    # root may use another user's folder, as in containers; root's files are trusted.
    if hasattr(os, "geteuid") and os.geteuid() not in {0, found.st_uid} and found.st_uid:
        raise Planted(path, f"belongs to another user (uid {found.st_uid})")
