"""Reads the end of a function's log, which Lambda returns with the answer of an invocation."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_MOST_BYTES: Final = 4096
_LONGEST_CHARACTER: Final = 4
_BEGINS: Final = ("START ", "INIT_START ")
_BEGINS_IN_JSON: Final = ('"platform.start"', '"platform.initStart"')


@dataclass(frozen=True)
class LogTail:
    """The lines of a log's end, each whole; `truncated` if lines before them are missing."""

    lines: tuple[str, ...] = ()
    truncated: bool = False

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def log_tail(answer: Mapping[str, Any]) -> LogTail:
    """Return the end of the log from the answer of Invoke; empty if it has none.

    Lambda returns the last 4 KB, and does not say whether that is all (L37). It is, if it is
    shorter or has the line with which a log begins. Else the first line is the rest of one.
    """
    raw = base64.b64decode(answer.get("LogResult", ""))
    lines = tuple(raw.decode("utf-8", "replace").splitlines())
    if len(raw) <= _MOST_BYTES - _LONGEST_CHARACTER or _begins(lines[0]):
        return LogTail(lines)
    return LogTail(lines[1:], truncated=True)


def _begins(line: str) -> bool:
    in_json = line.startswith("{") and any(each in line for each in _BEGINS_IN_JSON)
    return line.startswith(_BEGINS) or in_json
