"""A CloudWatch Logs without network, with late lines, empty pages and throttling."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.awsrequest import AWSResponse

from provision.aws.access import Access
from provision.aws.client import Aws
from provision.workflows.logs.sources import LogSource
from tests.support.virtual_clock import VirtualClock

BEGAN = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)
MOMENT = int(BEGAN.timestamp() * 1000)
"""The milliseconds at which every virtual clock begins."""


class WallClock(VirtualClock):
    """A virtual clock whose date advances with it."""

    def today(self) -> datetime:
        return datetime.fromtimestamp(BEGAN.timestamp() + self.now() - 1000, UTC)


@dataclass
class CloudWatch:
    """Lines by log group, each with the moment from which it is visible."""

    clock: VirtualClock
    most: int = 3
    empty: float = 0.0
    throttled: float = 0.0
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    groups: dict[str, list[tuple[int, Mapping[str, Any]]]] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    at: list[float] = field(default_factory=list)

    def write(self, group: str, at: int, message: str, *, stream: str = "s", shown: int = 0) -> str:
        """Write a line of the time `at`, visible from the millisecond `shown` on; return its id."""
        lines = self.groups.setdefault(group, [])
        event_id = f"{group}-{len(lines)}"
        event = {
            "timestamp": at,
            "message": message,
            "logStreamName": stream,
            "eventId": event_id,
            "ingestionTime": shown or at,
        }
        lines.append((shown or at, event))
        return event_id

    def connect(self) -> Aws:
        """Return a connection whose calls of FilterLogEvents are answered here."""
        aws = Aws(Access("us-east-1", credentials=("test", "test")), clock=self.clock)
        logs: Any = aws.logs
        logs.meta.events.register("before-send.logs.FilterLogEvents", self._answer)
        return aws

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        data = json.loads(request.body)
        self.at.append(self.clock.now())
        if self.chance.random() < self.throttled:
            return _response(400, {"__type": "ThrottlingException", "message": "Rate exceeded"})
        self.asked.append(data)
        if data["logGroupName"] not in self.groups:
            told = {"__type": "ResourceNotFoundException", "message": "no such group"}
            return _response(400, told)
        return _response(200, self._page(data))

    def _page(self, data: Mapping[str, Any]) -> dict[str, Any]:
        now = MOMENT + int((self.clock.now() - 1000) * 1000)
        first = int(data.get("nextToken", "0"))
        found = sorted(
            (
                event
                for shown, event in self.groups[data["logGroupName"]]
                if shown <= now
                and event["timestamp"] >= data.get("startTime", 0)
                and event["timestamp"] <= data.get("endTime", 1 << 60)
            ),
            key=lambda event: (event["timestamp"], event["ingestionTime"]),
        )
        if self.chance.random() < self.empty:
            return {"events": [], "nextToken": str(first)}
        page = found[first : first + self.most]
        rest = {"nextToken": str(first + len(page))} if len(found) > first + len(page) else {}
        return {"events": page, **rest}


def _response(status: int, body: Mapping[str, Any]) -> AWSResponse:
    class Raw:
        def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
            yield json.dumps(body).encode()

    headers = {"content-type": "application/x-amz-json-1.1"}
    return AWSResponse("https://logs.test", status, headers, Raw())  # type: ignore[arg-type]


ACCESS = LogSource("api.access", "api.logs.access", "/access")
EXECUTION = LogSource("api.execution", "api.logs.execution", "/execution")
ITEMS = LogSource("function.items", "function.items.logs", "/items")
