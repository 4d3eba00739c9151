"""The process that holds the lock on the state, for the error of others that find it locked."""

from __future__ import annotations

import getpass
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class LockHolder:
    """The process that holds the lock on the state."""

    user: str
    host: str
    pid: int
    since: str
    command: str


def current_holder(command: str) -> LockHolder:
    """Return this process as the lock holder, running `command`."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return LockHolder(_user(), socket.gethostname(), os.getpid(), now, command)


def _user() -> str:
    """Return the user's name, or the uid if it has none, as in a container run for another user."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # depends on the version of Python and on the system
        return f"uid {os.getuid()}" if hasattr(os, "getuid") else "somebody"
