"""Writes the files of a new project into a folder: all of them, or none.

They are first written to a temporary folder in the same place. A folder that does not exist yet is
made by one rename. In one that exists every file arrives whole, and an error takes back those that
have arrived; Ctrl-C comes before the first of them, or after the last. A killed process leaves no
config.yaml, and the next call lists the files that are left.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from provision.config.schema.root import Config
from provision.errors import Locked, ProvisionError
from provision.files import HOME, write_all
from provision.workflows.existing_files import find_existing, is_real_folder

if sys.platform != "win32":
    import fcntl

STAGING: Final = ".provision-init-"
"""The beginning of the name of the temporary folder."""
_PATIENCE: Final = 10.0
"""Seconds to wait for another call in the same place, which takes a fraction of one."""
_NO_LINKS: Final = frozenset({errno.EPERM, errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP})
_OWNER: Final = 0o700
"""The user may always read and write these files, even under a umask that says otherwise."""


@dataclass(frozen=True)
class Written:
    """The files of one call; `overwritten` and `extended` are those of `files` that existed."""

    config: Config
    """The configuration of the project, as it was read before anything was placed."""
    files: tuple[str, ...]
    overwritten: tuple[str, ...]
    extended: tuple[str, ...]
    kept: tuple[str, ...]
    """The user's files that are there instead of the project's."""


def refuse_no_folder(folder: Path) -> None:
    """Raise ProvisionError if the path can be no folder: it leads to a file, or nowhere."""
    for each in (folder, *folder.parents):
        try:
            if each.is_dir():
                return
            if os.path.lexists(each) and not each.is_dir():  # another run may just have made it
                kind = "a link that leads nowhere" if each.is_symlink() else "not a folder"
                raise ProvisionError(f"{each} is {kind}", hint="give another DIR")
        except OSError as error:
            raise _failed(folder, error) from error


def write_project(
    folder: Path,
    files: Mapping[str, bytes],
    *,
    force: bool,
    check: Callable[[Path], Config],
    hold: Callable[[], None],
) -> Written:
    """Write the files, the last of them last. Those of the user that stay are in the result.

    `check` reads the whole project in a temporary folder, and its error leaves nothing. `hold` is
    called before the first file is placed: from there on, no signal may interrupt this.
    Raise FilesInTheWay if a file may not be overwritten; Locked if another call does not end.
    """
    try:
        while True:
            refuse_no_folder(folder)
            base = _nearest(folder)
            with _locked(base, _PATIENCE) as alone:
                if alone:
                    _sweep(base)
                if base == _nearest(folder):  # a part of the path may have been made meanwhile
                    return _write(_Target(folder, base), files, force, check, hold)
    except OSError as error:
        raise _failed(folder, error) from error


def refuse_existing(folder: Path, files: Mapping[str, bytes], *, force: bool) -> None:
    """Raise FilesInTheWay if a file may not be overwritten, and delete what killed calls left."""
    _refuse_link(folder)
    with suppress(OSError, Locked), _locked(folder, 0) as alone:
        if alone:
            _sweep(folder)
    try:
        find_existing(folder, files, force=force)
    except OSError as error:
        raise _failed(folder, error) from error


def _refuse_link(folder: Path) -> None:
    """Raise ProvisionError if the schema would be written to where a link leads."""
    if (folder / HOME).is_symlink():
        raise ProvisionError(
            f"{folder / HOME} is a symbolic link, which is not followed",
            hint="remove it, or give another DIR",
        )


def _nearest(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists."""
    return next(each for each in (folder, *folder.parents) if each.is_dir())


@dataclass(frozen=True)
class _Target:
    """Where a project is written: `base` is its folder, or the nearest one above that exists."""

    folder: Path
    base: Path


def _write(
    target: _Target,
    files: Mapping[str, bytes],
    force: bool,  # noqa: FBT001  (passed on by its one caller)
    check: Callable[[Path], Config],
    hold: Callable[[], None],
) -> Written:
    folder, base = target.folder, target.base
    _refuse_link(folder)
    existing = find_existing(folder, files, force=force)
    staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=base))
    try:
        staging.chmod(_OWNER)
        whole = staging / "new" / folder.relative_to(base)
        written = existing.written(files)
        for path, content in written.items():
            _make_folders((whole / path).parent)
            _write_file(whole / path, content)
        for path in existing.extended:
            shutil.copymode(folder / path, whole / path)
        config = check(whole)
        hold()
        if base != folder:
            top = base / folder.relative_to(base).parts[0]
            (staging / "new" / top.name).rename(top)
        else:
            replaced = {*existing.overwritten, *existing.extended}
            _place({path: path in replaced for path in written}, whole, folder, staging / "old")
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return Written(
        config, tuple(written), existing.overwritten, tuple(existing.extended), existing.kept
    )


def _make_folders(folder: Path) -> list[Path]:
    """Create the folder and its missing parents, and return those that were created."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir()
        each.chmod(stat.S_IMODE(each.stat().st_mode) | _OWNER)
    return missing[::-1]


def _write_file(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        write_all(file.fileno(), content)
    path.chmod(stat.S_IMODE(path.stat().st_mode) | (_OWNER & 0o600))


def _place(paths: Mapping[str, bool], whole: Path, folder: Path, aside: Path) -> None:
    """Move each file to its place. If any cannot be, take back those that were.

    `paths`: each file, and whether it may replace the one that was found there.
    """
    undo: list[Callable[[], object]] = []
    try:
        for path, replaces in paths.items():
            source, target, old = whole / path, folder / path, aside / path
            undo += [made.rmdir for made in _make_folders(target.parent)]
            if replaces and os.path.lexists(target):
                old.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(target, old, follow_symlinks=False)
                undo.append(partial(old.replace, target))
                source.replace(target)
            else:
                undo.append(partial(_take_back, source, target))
                _move(source, target)
    except BaseException:
        for step in reversed(undo):
            with suppress(OSError):
                step()
        raise


def _move(source: Path, target: Path) -> None:
    """Move a file to where none is. One that appeared meanwhile is an error, not overwritten."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        source.rename(target)


def _take_back(source: Path, target: Path) -> None:
    """Delete a file that `_move` moved, and no other that appeared in its place."""
    if not source.exists() or source.samefile(target):
        target.unlink()


def _sweep(base: Path) -> None:
    """Delete the temporary folders of calls that were killed, while none is used.

    A folder with anything else in it is the user's, also with such a name.
    """
    if sys.platform == "win32":
        return
    for each in base.glob(f"{STAGING}*"):
        ours = is_real_folder(each) and each.lstat().st_uid == os.geteuid()
        if ours and {inside.name for inside in each.iterdir()} <= {"new", "old"}:
            shutil.rmtree(each, ignore_errors=True)


@contextmanager
def _locked(base: Path, patience: float) -> Iterator[bool]:
    """Hold the lock of the folder, which leaves no file; the value is whether it could be held.

    Windows and some network file systems have no such locks.
    """
    if sys.platform == "win32":
        yield False
        return
    descriptor = os.open(base, os.O_RDONLY)
    try:
        deadline = time.monotonic() + patience
        while (held := _lock(descriptor)) is None:
            if time.monotonic() > deadline:
                raise Locked(f"another `provision init` is at work in {base}")
            time.sleep(0.05)
        yield held
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool | None:
    """Return whether the lock is held, or None if another process holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return None
    except OSError:  # a network file system without such locks
        return False
    return True


def _failed(folder: Path, error: OSError) -> ProvisionError:
    return ProvisionError(
        f"Nothing was written to {folder}: {error.strerror or error}",
        hint="give a DIR that can be written to",
    )
