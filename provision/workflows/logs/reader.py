"""Reads log groups with FilterLogEvents: every line once, late ones too, within AWS's rate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from provision.aws.client import Aws
from provision.aws.rate_limits import Pace, Rate
from provision.steps.not_found import found_or_none
from provision.workflows.logs.moments import milliseconds
from provision.workflows.logs.sources import LogSource

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import FilteredLogEventTypeDef, FilterLogEventsRequestTypeDef

RATE: Final = Rate(4, 1)
"""AWS allows 5 calls a second in an account and region, which every other viewer shares (G7)."""
LATE: Final = 60_000
"""Milliseconds by which a line may reach CloudWatch Logs after newer ones (G8)."""


@dataclass
class _Position:
    """How far a group has been read: from when the next round asks, and what it will see again."""

    start: int
    newest: int = 0
    seen: dict[str, int] = field(default_factory=dict)


def log_pace(aws: Aws) -> Pace:
    """Return the rate of reading logs, for readers to share."""
    return Pace(RATE, aws.clock, burst=RATE.calls)


class LogReader:
    """A reader of several groups, which share one rate; with `pace` they share another reader's.

    `pattern` is a filter pattern of CloudWatch Logs, or empty. `missing` holds the names of the
    sources whose group did not exist when they were read last.
    """

    def __init__(self, aws: Aws, start: int, pattern: str = "", pace: Pace | None = None) -> None:
        self.missing: set[str] = set()
        self._aws = aws
        self._start = start
        self._pattern = pattern
        self._pace = pace or log_pace(aws)
        self._positions: dict[str, _Position] = {}

    def events(
        self, sources: Iterable[LogSource], end: int | None = None
    ) -> Iterator[tuple[LogSource, FilteredLogEventTypeDef]]:
        """Yield each new event of all groups, as `pages` does."""
        for source in sources:
            for page in self.pages(source, end):
                for event in page:
                    yield source, event

    def pages(
        self, source: LogSource, end: int | None = None
    ) -> Iterator[list[FilteredLogEventTypeDef]]:
        """Yield the lines that this reader has not yet yielded, oldest first, up to `end`.

        Each call asks again for the last minute before the newest line: lines come late.
        """
        position = self._positions.setdefault(source.name, _Position(self._start))
        request: FilterLogEventsRequestTypeDef = {
            "logGroupName": source.group,
            "startTime": position.start,
            "limit": 10_000,
        }
        if self._pattern:
            request["filterPattern"] = self._pattern
        if end is not None:
            request["endTime"] = end
        self.missing.discard(source.name)
        began = self._aws.clock.now()
        while True:
            self._pace.wait()
            answer = found_or_none(lambda: self._aws.logs.filter_log_events(**request))
            if answer is None:
                self.missing.add(source.name)
                return
            if new := _unseen(answer.get("events", []), position):
                yield new
            token = answer.get("nextToken")
            if not token:  # a page may be empty and not be the last one (G7)
                break
            request["nextToken"] = token
        lasted = int((self._aws.clock.now() - began) * 1000)
        _advance(position, milliseconds(self._aws.clock.today()), lasted)


def _unseen(
    events: list[FilteredLogEventTypeDef], position: _Position
) -> list[FilteredLogEventTypeDef]:
    new = []
    for event in events:
        if event["eventId"] not in position.seen:
            position.seen[event["eventId"]] = event["timestamp"]
            position.newest = max(position.newest, event["timestamp"])
            new.append(event)
    return new


def _advance(position: _Position, now: int, lasted: int) -> None:
    """Ask from a minute before the newest line on, and forget what can no longer be seen again.

    Pages go from old to new: a line may have come behind them since the first, `lasted` ago. A
    line's time is its writer's, and may be in the future; those of others are not.
    """
    position.start = max(position.start, min(position.newest, now) - LATE - lasted)
    position.seen = {key: at for key, at in position.seen.items() if at >= position.start}
