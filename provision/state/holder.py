"""Who works on the state now: told to whoever finds it locked."""

from __future__ import annotations

import getpass
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class LockHolder:
    """Who works on the state now."""

    user: str
    host: str
    pid: int
    since: str
    command: str


def current_holder(command: str) -> LockHolder:
    """This process, for whoever finds the state locked."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return LockHolder(_user(), socket.gethostname(), os.getpid(), now, command)


def _user() -> str:
    """The user's name; the number where there is none, as in a container run for another user."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # by the version of Python, and of the system
        return f"uid {os.getuid()}" if hasattr(os, "getuid") else "somebody"
