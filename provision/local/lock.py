"""A lock that lets one command at a time start, stop or reset the emulator of a directory.

A command that waits in vain reports which process holds the lock.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from provision.errors import ProvisionError
from provision.files import Planted, make_home
from provision.local.ports import PROC, process_name

COMMAND_LOCK: Final = "command.lock"
COMMAND_SECONDS: Final = 50.0
"""The longest that another command may take to stop one emulator and start another."""
_NO_WRITING: Final = (errno.EACCES, errno.EPERM, errno.EROFS)


class EmulatorFailed(ProvisionError):
    """An emulator that does not start or stop, or whose directory cannot be used."""


@contextmanager
def alone(root: Path) -> Iterator[None]:
    lock = FileLock(root / COMMAND_LOCK, timeout=COMMAND_SECONDS)
    try:
        make_home(root)
        root.chmod(0o700)  # MiniStack's saved state contains the values of API keys
        lock.acquire()
    except Timeout:  # must come first: it is an OSError too
        raise busy(root / COMMAND_LOCK, f"the emulator of {root}") from None
    except OSError as error:
        raise unusable(root, error) from error
    try:
        yield
    finally:
        lock.release()


def busy(lock: Path, what: str) -> EmulatorFailed:
    """Return the error for a lock that another process has held for as long as we waited."""
    by = holder_of_lock(lock)
    end = f"end {by}" if by else "end the command that hangs"
    return EmulatorFailed(
        f"another command{f', {by},' if by else ''} is using {what}",
        hint=f"wait for it, or {end}, then run this again",
    )


def unusable(root: Path, error: OSError) -> EmulatorFailed:
    hint = "check what it is and who owns it; remove it if it is not a directory of this tool"
    if error.errno in _NO_WRITING and not isinstance(error, Planted):
        hint = "name a writable directory: --state DIR; the emulator's data is stored there"
    return EmulatorFailed(
        f"the emulator's directory {root} cannot be used: {error.strerror or error}", hint=hint
    )


def holder_of_lock(path: Path) -> str:
    """Return `name (pid 123)` of the process that has locked a file, or "" if it is unknown.

    Linux lists locks as `1: FLOCK ADVISORY WRITE 123 fe:00:456 0 EOF`: process, device, inode.
    """
    with suppress(OSError, ValueError):
        inode = str(path.stat().st_ino)
        for line in (PROC / "locks").read_text("ascii").split("\n"):
            fields = line.split()
            if fields[1:2] == ["FLOCK"] and fields[5].rpartition(":")[2] == inode:
                process = PROC / fields[4]
                if _has_open(process, path):
                    return f"{process_name(process)} (pid {fields[4]})"
    return ""


def _has_open(process: Path, path: Path) -> bool:
    """Return whether the process has the file open.

    The inode alone is not enough: a file of another file system may have the same number, and file
    systems write their device differently.
    """
    with suppress(OSError):  # another user's process, or it has ended
        for descriptor in (process / "fd").iterdir():
            with suppress(OSError):  # closed meanwhile
                if descriptor.samefile(path):
                    return True
    return False
