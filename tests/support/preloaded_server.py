"""A process that has imported the program, and becomes it in a fork for each request.

`python -m tests.support.preloaded_server DESCRIPTOR`: requests come through the Unix socket that is
this descriptor, and its end is the process's end. A fork differs from a new process in the effects
of `import provision`, and in nothing else that the program can see: the streams, the folder, the
variables, the signals, the session and the terminal are the run's own
(`tests/integration/test_preloaded.py`).
"""

from __future__ import annotations

import fcntl
import gc
import importlib
import io
import json
import os
import pkgutil
import signal
import socket
import sys
import termios
import time
from collections.abc import Callable
from typing import Any, Final

PACKAGES: Final = ("provision.cli", "provision.commands", "provision.views", "provision.workflows")
HANDED_ON: Final = 3
"""The number of passed streams: stdin, stdout and stderr."""
LONGEST: Final = 1_000_000


def load() -> None:
    """Import the modules that commands import when they run."""
    for package in PACKAGES:
        path = importlib.import_module(package).__path__
        for found in pkgutil.walk_packages(path, f"{package}."):
            importlib.import_module(found.name)
    for name in ("provision.__main__", "boto3", "botocore.session", "rich.live", "rich.markup"):
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


def serve(asked: socket.socket) -> Callable[[], Any] | None:
    """Fork for each request; return the function to call in a fork, and None at the end here."""
    interrupted = signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for who asks
    while True:
        request, streams, _, _ = socket.recv_fds(asked, LONGEST, HANDED_ON)
        if not request:
            return None
        run = json.loads(request)
        waits, begins = os.pipe()
        between = os.fork()
        if not between:
            if child := os.fork():
                asked.send(str(child).encode())
                os._exit(0)  # the run's parent is then the one who asked for it
            asked.close()
            os.close(begins)
            os.read(waits, 1)  # until it is another's child
            signal.signal(signal.SIGINT, interrupted)
            return become(run, streams)
        for descriptor in (*streams, waits):
            os.close(descriptor)
        os.waitpid(between, 0)
        os.close(begins)
        asked.send(b"left to you")


def become(run: dict[str, Any], streams: list[int]) -> Callable[[], Any]:
    """Make this fork equal to a new process, and return the function to call."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(HANDED_ON, 1024)
    if run["session"]:
        os.setsid()
    if run["terminal"]:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if run["behind"]:
        job = os.fork()
        if job:
            os._exit(os.waitstatus_to_exitcode(os.waitpid(job, 0)[1]))
        os.setpgid(0, 0)
    os.chdir(run["folder"])
    shaped = {name: os.environ[name] for name in ("LC_CTYPE",) if name in os.environ}
    installed = _installed()
    os.environ.clear()
    os.environ.update(run["variables"] | shaped)
    time.tzset()
    sys.argv, sys.orig_argv = run["words"], run["started_as"]
    sys.path[:] = [*run["variables"].get("PYTHONPATH", "").split(os.pathsep), *installed]
    sys.dont_write_bytecode = bool(run["variables"].get("PYTHONDONTWRITEBYTECODE"))
    sys.modules["__main__"] = importlib.import_module(run["module"])
    open_streams(run["variables"])
    call: Callable[[], Any] = getattr(sys.modules["__main__"], run["function"])
    return call


def _installed() -> list[str]:
    """Return the search path without the folders of `PYTHONPATH` and `-m`."""
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return [place for place in sys.path if place not in given]


def open_streams(variables: dict[str, str]) -> None:
    """Open the standard streams as the interpreter does at its start."""
    encoding, _, errors = variables.get("PYTHONIOENCODING", "").partition(":")
    at_once = bool(variables.get("PYTHONUNBUFFERED"))
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        before: Any = getattr(sys, f"__{name}__")
        raw = io.FileIO(number, "r" if number == 0 else "w", closefd=False)
        raw.name = f"<{name}>"
        buffered: Any = raw
        if number == 0:
            buffered = io.BufferedReader(raw)
        elif not at_once:
            buffered = io.BufferedWriter(raw)
        strict = "strict" if encoding else before.errors
        stream: Any = io.TextIOWrapper(
            buffered,
            encoding or before.encoding,
            "backslashreplace" if number == HANDED_ON - 1 else errors or strict,
            line_buffering=not at_once and (raw.isatty() or number == HANDED_ON - 1),
            write_through=at_once,
        )
        stream.mode = "r" if number == 0 else "w"
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


if __name__ == "__main__":
    load()
    with socket.socket(fileno=int(sys.argv[1])) as _asked:
        _call = serve(_asked)
    if _call:
        _call()
