"""A process in a pseudo-terminal that tests type at, resize and read as a person would."""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from tests.integration.terminal.screen import Screen

CTRL_C: Final = b"\x03"
CTRL_Z: Final = b"\x1a"
PATIENCE: Final = 120.0
"""Seconds that any step may take on a busy machine."""

# Makes the terminal that is its stdin the controlling one, so that Ctrl-C is a signal.
_OWN = (
    "import fcntl, os, signal, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    # Tests that run under nohup pass on that the end of a terminal is ignored.
    " signal.signal(signal.SIGHUP, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
)


_MARK: Final = b"\0\0\0"
"""Bytes of which terminals show nothing."""
_CONTROL: Final = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]")
"""Colours and cursor movements."""


@dataclass(frozen=True)
class Size:
    columns: int = 80
    lines: int = 24

    def __str__(self) -> str:
        return f"{self.columns}x{self.lines}"


Start = Callable[[Sequence[str], Path, Mapping[str, str], int], subprocess.Popen[Any]]
"""Runs a command in a folder, with these variables, at the terminal with this descriptor."""


def executed(
    command: Sequence[str], folder: Path, variables: Mapping[str, str], at: int
) -> subprocess.Popen[Any]:
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _OWN, *command],
        cwd=folder,
        env=dict(variables),
        stdin=at,
        stdout=at,
        stderr=at,
        start_new_session=True,
    )


class Terminal:
    """A process in a terminal, for a `with` block, whose end kills it."""

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        variables: Mapping[str, str],
        size: Size,
        start: Start = executed,
    ) -> None:
        self._encoding = variables.get("PYTHONIOENCODING", "utf-8")
        self.screen = Screen(size.columns, size.lines, self._encoding)
        self.written = b""
        self._closed = False
        self._ours, self._theirs = os.openpty()
        self._set_size(size)
        self._found = self._left = termios.tcgetattr(self._theirs)
        self.began = time.monotonic()
        self.process = start(command, folder, variables, self._theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait()
        if not self._closed:
            self.hang_up()

    def type(self, keys: str | bytes) -> None:
        os.write(self._ours, keys.encode() if isinstance(keys, str) else keys)

    def resize(self, size: Size) -> None:
        self.screen.resize(size.columns, size.lines)
        self._set_size(size)

    def _set_size(self, size: Size) -> None:
        fcntl.ioctl(
            self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", size.lines, size.columns, 0, 0)
        )

    @property
    def text(self) -> str:
        """Return all readable lines, the scrollback first."""
        return "\n".join((*self.screen.above, *self.screen.shown)).rstrip()

    def shows(self, words: str) -> bool:
        """Return whether the words can be read, wherever the terminal wraps."""
        return _solid(words) in _solid(self.text)

    def wrote(self, words: str) -> bool:
        """Return whether the words were written; a terminal made narrower cuts off its content."""
        return _solid(words) in _solid(_CONTROL.sub(b"", self.written).decode(self._encoding))

    def until(self, what: str | Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Read until it is shown, or true, and then the rest: a picture may be incomplete."""
        deadline = time.monotonic() + seconds
        while not (self.shows(what) if isinstance(what, str) else what()):
            if not self._read(0.05):
                assert self.process.poll() is None or self._read(1), self._told(f"no {what}")
                assert time.monotonic() < deadline, self._told(f"no {what} in {seconds:.0f} s")
        settled = time.monotonic() + 1
        while self._read(0.03) and time.monotonic() < settled:
            pass

    def until_written(self, number: int) -> None:
        """Read so many bytes more."""
        enough = len(self.written) + number
        self.until(lambda: len(self.written) >= enough)

    def end(self, seconds: float = PATIENCE) -> int:
        """Read until the process has ended, and return its exit code."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None:
            self._read(0.05)
            assert time.monotonic() < deadline, self._told(f"it runs on after {seconds:.0f} s")
        self._read_all()
        return self.process.returncode

    def until_it_stands_still(self) -> None:
        """Read until the process was stopped, as by Ctrl-Z."""
        how = os.WSTOPPED | os.WNOHANG | os.WNOWAIT
        self.until(lambda: os.waitid(os.P_PID, self.process.pid, how) is not None)
        self._read_all()

    def hang_up(self) -> None:
        """Close the window."""
        os.close(self._theirs)
        os.close(self._ours)
        self._closed = True

    def _read_all(self) -> None:
        """Read all that was written until now, up to a mark that is written after it."""
        os.write(self._theirs, _MARK)
        deadline = time.monotonic() + PATIENCE
        while not self.written.endswith(_MARK):
            self._read(0.05)
            assert time.monotonic() < deadline
        self.written = self.written.removesuffix(_MARK)
        self._left = termios.tcgetattr(self._theirs)

    def _read(self, seconds: float) -> bool:
        """Read for this time, and return whether anything was written."""
        if not select.select([self._ours], [], [], seconds)[0]:
            return False
        part = os.read(self._ours, 65536)
        self.written += part
        self.screen.feed(part)
        return bool(part)

    @property
    def changed(self) -> list[str]:
        """Return the settings that differ from those found."""
        found = {
            "the cursor is hidden": not self.screen.cursor_shown,
            "the alternate screen is there": self.screen.alternate,
            "the alternate screen was left without having been entered": (
                self.screen.left_unentered > 0
            ),
            "colours go on": not self.screen.plain,
            "the next prompt would not begin a line": self.screen.cursor_column != 0,
            "keys do something else": self._left != self._found,
        }
        return [words for words, holds in found.items() if holds]

    def _told(self, words: str) -> str:
        return f"{words}; the screen:\n{self.text}"


def _solid(text: str) -> str:
    return "".join(text.split())
