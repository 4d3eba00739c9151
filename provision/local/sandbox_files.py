"""Stops a function from writing through paths that other users have planted in /tmp.

In Lambda every sandbox has its own /tmp; here all users of the machine share one. The text of this
file runs in the worker, before the function's code, in a Python that cannot import `provision`
(runtime.py). It receives audit events (https://docs.python.org/3/library/audit_events.html), so it
covers paths given to Python's own functions, but neither descriptors (`dir_fd`) nor C libraries.
"""

from __future__ import annotations

import errno
import logging
import os
import stat
import sys
from typing import Any

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = frozenset(
    {
        *("os.mkdir", "os.rename", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.chown"),
        *("os.utime", "os.remove", "os.rmdir", "os.setxattr", "os.removexattr", "sqlite3.connect"),
    }
)
_SIGN = "/tmp/.aws-xray"  # noqa: S108  (the SDK's, not ours)
"""The path below which the X-Ray SDK signals to Lambda that it was loaded; unused here."""
_MOST_LINKS = 40  # Linux follows no more
_SIGN_MISSED = "Failed to signal SDK initialization"


def _watch() -> None:
    sys.addaudithook(_judge)
    logging.getLogger("aws_xray_sdk.core.lambda_launcher").addFilter(_is_worth_reporting)


def _is_worth_reporting(record: logging.LogRecord) -> bool:
    return _SIGN_MISSED not in record.getMessage()


def _judge(event: str, told: tuple[Any, ...]) -> None:
    """Raise `PermissionError` for a write whose path another user may have redirected."""
    if event == "open":
        paths = told[:1] if isinstance(told[2], int) and told[2] & _WRITES else ()
    else:
        paths = told if event in _CHANGES else ()
    for path in paths:
        if isinstance(path, (str, bytes, os.PathLike)):
            _refuse_anothers(os.path.join(os.getcwd(), os.fsdecode(path)))  # noqa: PTH109, PTH118


def _refuse_anothers(path: str) -> None:
    if path == _SIGN or path.startswith(_SIGN + "/"):
        raise PermissionError(errno.EACCES, "not written on the emulator", path)
    if owner := _another_on_the_way(path):
        said = f"{owner} is another user's: in Lambda /tmp is the function's own"
        raise PermissionError(errno.EACCES, said, path)


def _another_on_the_way(path: str) -> str:
    """Return the first part owned by another user below a directory that is open to all, or "".

    Parts owned by root are allowed, and a part that does not exist ends the search. Links are
    followed one by one, because the owner of the final target does not show who made the links.
    """
    at, shared, links = "/", False, 0
    left = path.split("/")[::-1]
    while left and links <= _MOST_LINKS:
        part = left.pop()
        if part in {"", "."}:
            continue
        at = os.path.dirname(at) if part == ".." else os.path.join(at, part)  # noqa: PTH118, PTH120
        try:
            found = os.lstat(at)
            target = os.readlink(at) if stat.S_ISLNK(found.st_mode) else ""  # noqa: PTH115
        except OSError:
            return ""
        if shared and found.st_uid not in {0, os.getuid()}:
            return at
        if target:
            links += 1
            left += target.split("/")[::-1]
            at = "/" if target.startswith("/") else os.path.dirname(at)  # noqa: PTH120
        shared = shared or bool(found.st_mode & stat.S_ISVTX and found.st_mode & stat.S_IWOTH)
    return ""


if __name__ == "__main__" and hasattr(os, "getuid"):
    _watch()
