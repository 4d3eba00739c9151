"""Gives FilterLogEvents an id for each event and a token where `limit` cuts, as AWS does.

MiniStack has no id for the lines of functions, and drops what is beyond `limit` without a token.
"""

# ruff: noqa: SLF001 - MiniStack, pinned to one version, has no public interface for any of this

from __future__ import annotations

import heapq
import importlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import Any, Final
from uuid import uuid4

Event = dict[str, Any]
Filter = Callable[[Mapping[str, Any]], Any]

MOST: Final = 10_000
"""The most events of a page:
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html.
"""


def install() -> None:
    """Patch MiniStack. Called once, in the emulator's process, before it serves."""
    logs: Any = importlib.import_module("ministack.services.cloudwatch_logs")
    logs._filter_log_events = partial(_page, logs, logs._filter_log_events)


def _page(logs: Any, refuse: Filter, data: Mapping[str, Any]) -> Any:
    """Return a page of events. `refuse` is MiniStack's own operation, for groups that are not."""
    group = logs._resolve_log_group_name(data)
    if group not in logs._log_groups:
        return refuse(data)
    limit = min(data.get("limit", MOST), MOST)
    first, _, skipped = data.get("nextToken", "").partition(":")
    start = int(first) if first else data.get("startTime", 0)
    found = _events(logs, logs._log_groups[group]["streams"], {**data, "startTime": start})
    page = list(islice(found, int(skipped or 0), int(skipped or 0) + limit + 1))
    answer: dict[str, Any] = {"events": page[:limit], "searchedLogStreams": []}
    if len(page) > limit:
        # Lines that come meanwhile are behind those of the same time: the order is by ingestion.
        last = page[limit - 1]["timestamp"]
        told = sum(1 for event in page[:limit] if event["timestamp"] == last)
        again = int(skipped or 0) if last == start else 0
        answer["nextToken"] = f"{last}:{again + told}"
    return logs.json_response(answer)


def _events(
    logs: Any, streams: Mapping[str, Mapping[str, Any]], data: Mapping[str, Any]
) -> Iterator[Event]:
    """Yield the matching events of all streams in the order of AWS."""
    matches = logs._compile_filter_pattern(data.get("filterPattern", ""))
    with logs._log_events_lock:
        history = [
            (name, list(streams[name]["events"]))
            for name in data.get("logStreamNames") or list(streams)
            if name in streams
        ]
    ordered = heapq.merge(
        *(_between(name, events, data) for name, events in history),
        key=lambda event: (event["timestamp"], event.get("ingestionTime", 0)),
    )
    return (event for event in ordered if matches(event.get("message", "")))


def _between(stream: str, events: list[Event], data: Mapping[str, Any]) -> Iterator[Event]:
    """Yield a stream's events of the time asked for, each with an id that it keeps."""
    end = data.get("endTime")
    for event in events:
        if event["timestamp"] >= data["startTime"] and (end is None or event["timestamp"] <= end):
            event.setdefault("eventId", str(uuid4()))
            yield {**event, "logStreamName": stream}
