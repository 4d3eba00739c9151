"""Holds the options of one `provision logs`, with its reader and its screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from provision.errors import ProvisionError
from provision.sanitizing.text import put, put_document
from provision.views.json_logs import log_line_document
from provision.views.logs import LogScreen
from provision.workflows.logs.criteria import Criteria
from provision.workflows.logs.line import LogLine
from provision.workflows.logs.reader import LogReader
from provision.workflows.logs.sources import LogSource


class Form(StrEnum):
    """How lines are printed."""

    STORIES = "stories"
    LINES = "lines"
    RAW = "raw"
    JSON = "json"
    JSON_LINES = "jsonl"


@dataclass(frozen=True)
class LogQuery:
    """The options of one `provision logs`."""

    what: tuple[str, ...]
    since: str
    until: str | None
    pattern: str
    criteria: Criteria
    limit: int
    form: Form


@dataclass(frozen=True)
class LogReading:
    """The groups that are read, and the screen they are printed on.

    `own`: the ids of the invocations by which `up` and `push` tried an import, each with the reason
    why the code cannot be imported, or "".
    """

    query: LogQuery
    sources: Sequence[LogSource]
    reader: LogReader
    screen: LogScreen
    own: Mapping[str, str]

    def print_line(self, line: LogLine) -> None:
        """Print one line alone, in the form that was asked for."""
        if self.query.form is Form.JSON_LINES:
            put_document(log_line_document(line))
        elif self.query.form is Form.RAW:
            put(line.message)
        else:
            self.screen.print_line(line)

    def refuse_missing(self) -> None:
        """Raise an error if AWS has none of the groups of something that was asked for."""
        there = {
            source.asked_as for source in self.sources if source.name not in self.reader.missing
        }
        wanted = self.query.what or {source.asked_as for source in self.sources}
        lacking = [name for name in wanted if name not in there]
        if lacking and (self.query.what or not there):
            gone = [source.group for source in self.sources if source.asked_as in lacking]
            raise ProvisionError(
                f"AWS has no log group {', '.join(gone)}", hint="`provision up` creates it"
            )
