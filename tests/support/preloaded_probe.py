"""The properties of a process that a program can see, written to the file named `SEEN`."""

from __future__ import annotations

import fcntl
import gc
import json
import os
import resource
import signal
import stat
import struct
import sys
import termios
import threading
import time
from pathlib import Path
from typing import Any

import provision.__main__  # it takes the folder of `-m` from the search path

ENDS = {"exit": 7, "error": 1}
WRITES_BYTECODE = 4
"""The index of the flag; later reads use `sys.dont_write_bytecode`."""
assert provision.__main__


def main() -> None:
    """Record the process, write a word on each stream, and end as `ENDS` says."""
    Path(os.environ["SEEN"]).write_text(json.dumps(seen()))
    print("said")  # noqa: T201
    print("told", file=sys.stderr)  # noqa: T201
    if (how := os.environ.get("ENDS")) == "exit":
        sys.exit(ENDS["exit"])
    elif how == "error":
        raise ValueError(how)
    elif how == "signal":
        signal.pause()


def seen() -> dict[str, Any]:
    signals = [n for n in signal.Signals if n not in {signal.SIGKILL, signal.SIGSTOP}]
    return {
        "words": sys.argv,
        "started as": sys.orig_argv,
        "variables": {k: v for k, v in os.environ.items() if k != "SEEN"},
        "folder": os.getcwd(),  # noqa: PTH109
        "search path": [place for place in sys.path if place],
        "child of who started it": os.getppid() == int(os.environ["STARTER"]),
        "leads a session": os.getsid(0) == os.getpid(),
        "of this session": os.getsid(0) == os.getsid(os.getppid()),
        "leads a group": os.getpgid(0) == os.getpid(),
        "has the terminal": in_front(),
        "streams": [stream(one) for one in (sys.stdin, sys.stdout, sys.stderr)],
        "the same streams": sys.stdout is sys.__stdout__ and sys.stdin is sys.__stdin__,
        "descriptors": descriptors(),
        "signals": {n.name: str(signal.getsignal(n)) for n in signals},
        "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
        "threads": threading.active_count(),
        "mask": os.umask(os.umask(0o22)),
        "limits": [resource.getrlimit(n) for n in range(15)],
        "flags": [flag for number, flag in enumerate(sys.flags) if number != WRITES_BYTECODE],
        "writes bytecode": not sys.dont_write_bytecode,
        "collects": (gc.isenabled(), gc.get_threshold()),
        "zone": time.tzname,
        "encoding of files": sys.getfilesystemencoding(),
        "is the program": sys.modules["__main__"].__package__,
        "trace": str(sys.gettrace()),
    }


def in_front() -> bool | None:
    """Return whether its group is its terminal's foreground group; None without a terminal."""
    try:
        with Path("/dev/tty").open("rb", buffering=0) as terminal:
            answer = fcntl.ioctl(terminal, termios.TIOCGPGRP, b"\0" * 4)
    except OSError:
        return None
    return bool(struct.unpack("i", answer)[0] == os.getpgid(0))


def stream(one: Any) -> list[Any]:
    how = (one.encoding, one.errors, one.line_buffering, one.write_through, one.newlines)
    return [*how, one.name, one.mode, one.isatty(), one.fileno(), type(one.buffer).__name__]


def descriptors() -> list[str]:
    """Return the open descriptors, each with its kind and flags."""
    found = []
    for number in sorted(int(name) for name in os.listdir("/proc/self/fd")):  # noqa: PTH208
        try:
            kind = stat.S_IFMT(os.fstat(number).st_mode)
        except OSError:  # the listing's own
            continue
        found.append(f"{number} {kind:o} {fcntl.fcntl(number, fcntl.F_GETFD)}")
    return found


if __name__ == "__main__":
    main()
