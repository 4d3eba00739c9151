"""Defines a line of a log, with what is known about its request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

ERRORS: Final = frozenset({"ERROR", "CRITICAL", "FATAL"})
"""The levels of lines that report a failure."""


class LineKind(StrEnum):
    """The sort of a line: what wrote it, and why."""

    ACCESS = "access"
    EXECUTION = "execution"
    START = "start"
    REPORT = "report"
    PLATFORM = "platform"
    METRICS = "metrics"
    MESSAGE = "message"


BACKGROUND: Final = frozenset(
    {LineKind.START, LineKind.REPORT, LineKind.PLATFORM, LineKind.METRICS}
)
"""Lines of every invocation that say nothing about its request."""


@dataclass(frozen=True)
class LogLine:
    """One event of a log group. A text is empty where the line does not have it.

    `at`: milliseconds since 1970. `request`: API Gateway's extended id of the request, which no
    caller can choose. `request_id`: its other id, which they can, and which the execution log has.
    `invocation`: Lambda's id. `own`: of an import check, not of a caller; `unimportable`: of one
    that found that the code cannot be imported. `text`: the message for people; `fields`: what
    else the line has.
    """

    at: int
    event_id: str
    source: str
    node: str
    stream: str
    message: str
    kind: LineKind
    text: str
    level: str = ""
    request: str = ""
    request_id: str = ""
    invocation: str = ""
    own: bool = False
    unimportable: bool = False
    trace: str = ""
    version: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether the line reports a failure."""
        return self.level in ERRORS
