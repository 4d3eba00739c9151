"""`python -m provision` as a fork of a process that has imported it: a second less for each run.

Such a run is a child of this process like any other, with its own words, variables, folder,
streams, session and terminal (`tests/integration/test_preloaded.py`). Tests of the time before the
program's own code (slow or missing imports, closed streams) start the real one, and so does one
test of each other kind.
"""

from __future__ import annotations

import atexit
import ctypes
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import provision.__main__
from tests.support.sample_stack import ROOT

COMMAND: Final = (sys.executable, "-m", "provision")
SHAPING: Final = ("LANG", "LC_ALL", "LC_CTYPE", "PYTHONUTF8")
"""Variables that an interpreter reads only at its start: other values need another server."""
_NOT_HANDED_ON: Final = ("PYTHONIOENCODING", "PYTHONUNBUFFERED")
_BECOME_PARENT_OF_ORPHANS: Final = 36
"""Linux's PR_SET_CHILD_SUBREAPER."""


@dataclass(frozen=True)
class Place:
    """The session and terminal of a run.

    It may be in a session of its own, with stdin as its controlling terminal, and behind another
    job of that terminal.
    """

    session: bool = False
    terminal: bool = False
    behind: bool = False


PLAIN: Final = Place()


@dataclass(frozen=True)
class Program:
    """The function of a run, in a module that the server has imported."""

    module: str = "provision.__main__"
    function: str = "main"
    file: str = str(provision.__main__.__file__)
    command: tuple[str, ...] = COMMAND


PROVISION: Final = Program()


class Forked(subprocess.Popen[str]):
    """A run of the program with these words; stdout and stderr are pipes where not given."""

    def __init__(
        self,
        words: Sequence[str],
        folder: Path,
        variables: Mapping[str, str],
        *,
        stdin: int = subprocess.DEVNULL,
        stdout: int = subprocess.PIPE,
        stderr: int = subprocess.PIPE,
        place: Place = PLAIN,
        program: Program = PROVISION,
    ) -> None:
        self._place, self._program = place, program
        super().__init__(
            list(words),
            cwd=folder,
            env=dict(variables),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            text=True,
        )

    def _execute_child(self, args: list[str], *given: Any) -> None:
        """Fork in place of Popen; `given` ends with the pipes, and settings at defaults."""
        folder, variables = given[4:6]
        stdin, to_stdin, from_stdout, stdout, from_stderr, stderr = given[9:15]
        assert -1 not in {stdin, stdout, stderr}, "each stream is said"
        known = {"PYTHONPATH", "PYTHONIOENCODING", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
        others = {name for name in variables if name.startswith("PYTHON")} - known - {*SHAPING}
        assert not others, "an interpreter reads them at its start"
        self.pid = fork(
            {
                "words": [self._program.file, *args],
                "started_as": [*self._program.command, *args],
                "folder": str(folder),
                "variables": variables,
                "module": self._program.module,
                "function": self._program.function,
                **asdict(self._place),
            },
            [stdin, stdout, stderr],
        )
        self._child_created = True
        for theirs, ours in ((stdin, to_stdin), (stdout, from_stdout), (stderr, from_stderr)):
            if -1 not in {theirs, ours}:
                os.close(theirs)
        if hasattr(self, "_devnull"):
            os.close(self._devnull)
        self._closed_child_pipe_fds = True


def fork(run: dict[str, Any], streams: list[int]) -> int:
    """Start the run by the server of its language; return its id, a child of this process."""
    variables = run["variables"]
    server = _server(tuple((name, variables.get(name)) for name in SHAPING))
    with _adopting():
        socket.send_fds(server, [json.dumps(run).encode()], streams)
        number = server.recv(100)
        assert number, "the server has ended"
        assert server.recv(100) == b"left to you"
    return int(number)


@contextmanager
def _adopting() -> Iterator[None]:
    """Adopt the children of a process that ends in this block."""
    library = ctypes.CDLL(None)
    library.prctl(_BECOME_PARENT_OF_ORPHANS, 1, 0, 0, 0)
    try:
        yield
    finally:
        library.prctl(_BECOME_PARENT_OF_ORPHANS, 0, 0, 0, 0)


@cache
def _server(shaping: tuple[tuple[str, str | None], ...]) -> socket.socket:
    """Return the one server for all tests of this process, with which it ends."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    variables = {k: v for k, v in os.environ.items() if k not in {*SHAPING, *_NOT_HANDED_ON}}
    variables |= {name: value for name, value in shaping if value is not None}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.preloaded_server", str(theirs.fileno())],
        cwd=ROOT,
        env=variables | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        pass_fds=[theirs.fileno()],
    )
    theirs.close()

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours
