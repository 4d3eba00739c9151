"""Our own files on disk: for their owner only, whole or not at all, and never behind a link that
somebody else has put in their place.

A checkout can hold a link or a pipe where the state, a lock or a cache belongs. So nothing here
follows a link in the last part of a name, opens anything but a regular file, or writes into a file
that stands there already: what is replaced is made under a name of its own and renamed.

Windows knows neither O_NOFOLLOW nor owners in numbers. There a link is looked for before opening.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST: Final = 16 * 1_048_576
"""Bytes that are read at most: far above any state or plan (of 300 routes: 84 KB), far below what
would take all memory, for Python takes some thirty times as much."""

_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT: Final = getattr(os, "O_NONBLOCK", 0)  # a pipe without a writer would hold us for ever
_EXACT: Final = getattr(os, "O_BINARY", 0)
_UNFINISHED: Final = re.compile(r"\..+\.[0-9]+\.[0-9a-f]{8}\.new")
HOME: Final = ".provision"
"""The folder beside config.yaml that holds what is ours."""
_NOTHING_OF_IT: Final = b"# Of provision: state, and what the emulator holds, with its keys.\n*\n"
_NOT_OURS_TO_WRITE: Final = (errno.EACCES, errno.EROFS)
_OTHERS_MAY_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


class Planted(OSError):
    """What stands in the place of a file or directory of ours is none. `strerror` says what."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(errno.EPERM, f"{path} {what}", str(path))


def make_private(directory: Path) -> None:
    """Make it, and what is missing above it: `parents=True` would leave that open to everybody.
    Their names are on disk when this returns: what is kept in them would be lost with them."""
    missing = [each for each in (directory, *directory.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
        keep_names(each.parent)


def make_home(directory: Path) -> None:
    """`make_private`, and git passes over it: what the emulator saves holds keys and secrets, and a
    project is begun with `git add -A`. Where it is in the folder beside config.yaml, all of that is
    passed over; elsewhere it is for whoever named the place to say."""
    make_private(directory)
    for each in (directory, *directory.parents):
        if each.name == HOME:
            _hide_from_git(each)
            return


def _hide_from_git(directory: Path) -> None:
    """Whatever else has the name came with a checkout, and would let git take what is in there."""
    file = directory / ".gitignore"
    try:
        if read_private(file) == _NOTHING_OF_IT:
            return
    except Planted:
        if file.is_dir() and not file.is_symlink():  # nothing can be put in its place
            raise
    try:
        replace_private(file, _NOTHING_OF_IT)
    except OSError as error:
        if error.errno not in _NOT_OURS_TO_WRITE:  # somebody else's folder, ours mounted into it
            raise


def check_own_directory(directory: Path) -> None:
    """Raise `Planted` unless it is a directory that this user alone may write to."""
    found = directory.lstat()
    if stat.S_ISLNK(found.st_mode):
        raise Planted(directory, "is a symbolic link")
    if not stat.S_ISDIR(found.st_mode):
        raise Planted(directory, "is no directory")
    if hasattr(os, "geteuid"):
        if found.st_uid != os.geteuid():
            raise Planted(directory, f"belongs to another user (uid {found.st_uid})")
        if found.st_mode & _OTHERS_MAY_WRITE:
            raise Planted(directory, "may be written to by others")


def refuse_links_below(top: Path, path: Path) -> None:
    """Raise `Planted` where a part of `path` below `top` is a link: it would lead elsewhere."""
    here = top
    for part in path.relative_to(top).parts:
        here /= part
        if here.is_symlink():
            raise Planted(here, "is a symbolic link, which is not followed")


def refuse_special(path: Path) -> None:
    """Raise `Planted` where a file of ours is to be and a link, a pipe or a device is."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISLNK(mode):
        raise Planted(path, "is a symbolic link, which is not followed")
    if not stat.S_ISREG(mode):
        raise Planted(path, "is no regular file")


def read_private(path: Path, limit: int = LARGEST) -> bytes | None:
    """The whole file; None where there is none. Raises `Planted` for what is no file of ours."""
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
    """The whole of a file that the user names, whoever owns it. No pipe, no device."""
    descriptor = os.open(path, os.O_RDONLY | _NO_WAIT | _EXACT)
    with os.fdopen(descriptor, "rb") as file:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(mode):
            raise Planted(path, "is no regular file")
        content = file.read(limit + 1)
    if len(content) > limit:
        raise Planted(path, f"is larger than {limit:,} bytes")
    return content


def replace_private(path: Path, content: bytes) -> None:
    """Put a new file in the place of whatever has the name; on disk when this returns."""
    with whole_file(path) as descriptor:
        write_all(descriptor, content)
    keep_names(path.parent)


@contextmanager
def whole_file(path: Path) -> Iterator[int]:
    """A descriptor of a new file, which gets the name `path` once the block has ended well."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK | _EXACT
    descriptor = os.open(temporary, flags, 0o600)
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
    """Take away what processes that were killed have left of `whole_file`. Only where no other
    process may be at work."""
    for left in directory.iterdir():
        if _UNFINISHED.fullmatch(left.name):
            with suppress(OSError):
                left.unlink()


def open_to_append(path: Path) -> int:
    """A descriptor at the end of the file, which is made when missing."""
    return _open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def open_to_overwrite(path: Path) -> int:
    """A descriptor of the emptied file, which is made when missing."""
    descriptor = _open(path, os.O_RDWR | os.O_CREAT)
    os.ftruncate(descriptor, 0)
    return descriptor


def write_all(descriptor: int, content: bytes) -> None:
    """All of it, on disk when this returns. A disk that fills up takes a part first."""
    while content:
        content = content[os.write(descriptor, content) :]
    os.fsync(descriptor)


def keep_names(directory: Path) -> None:
    """What the directory lists is on disk when this returns, where that can be asked for."""
    with suppress(OSError):  # Windows opens no directories
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
            raise Planted(path, "is no regular file") from error
        raise
    try:
        _check_own_file(path, os.fstat(descriptor))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _check_own_file(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise Planted(path, "is no regular file")
    # The user `root` may work in the folder of somebody else, as containers do.
    if hasattr(os, "geteuid") and os.geteuid() not in {0, found.st_uid} and found.st_uid:
        raise Planted(path, f"belongs to another user (uid {found.st_uid})")
