"""Evaluates alarms regularly, each by its own dimensions, as CloudWatch does each minute.

MiniStack evaluates them only when data arrives, over the data of all resources together.
"""

# ruff: noqa: SLF001 - MiniStack, pinned to one version, has no public interface for any of this

from __future__ import annotations

import asyncio
import contextvars
import importlib
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

Alarm = dict[str, Any]

EVERY_SECONDS: Final = 5.0

_BREACHES: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "GreaterThanOrEqualToThreshold": lambda value, limit: value >= limit,
    "GreaterThanThreshold": lambda value, limit: value > limit,
    "LessThanThreshold": lambda value, limit: value < limit,
    "LessThanOrEqualToThreshold": lambda value, limit: value <= limit,
}
_MISSING: Final = {"notBreaching": False, "breaching": True}


class AlarmEvaluator:
    """A task that records the queues' message counts and sets the states of alarms."""

    def __init__(self) -> None:
        cloudwatch: Any = importlib.import_module("ministack.services.cloudwatch")
        cloudwatch._evaluate_alarm = self._evaluate  # MiniStack calls it for new alarms and data
        self._cloudwatch = cloudwatch
        self._queues: Any = importlib.import_module("ministack.services.sqs")
        self._request: Any = importlib.import_module("ministack.core.responses")

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            self._each(self._queues._queues, self._count)
            self._each(self._cloudwatch._alarms, self._evaluate)
            try:
                await asyncio.wait_for(stop.wait(), timeout=EVERY_SECONDS)
            except TimeoutError:
                continue

    def _each(self, store: Any, look: Callable[[dict[str, Any]], None]) -> None:
        """Call `look` with every entry, in the entry's account and region.

        MiniStack reads account and region from context variables of the request.
        """
        for (account, region, _), entry in list(store._data.items()):

            def look_there(account: str, region: str, entry: dict[str, Any]) -> None:
                self._request._request_account_id.set(account)
                self._request._request_region.set(region)
                look(entry)

            contextvars.copy_context().run(look_there, account, region, entry)

    def _count(self, queue: dict[str, Any]) -> None:
        """Record the queue's visible messages; not for 0, as an alarm treats missing data alike."""
        now = time.time()
        if visible := sum(message["visible_at"] <= now for message in queue["messages"]):
            metric = "ApproximateNumberOfMessagesVisible"
            dimensions = {"QueueName": queue["name"]}
            self._cloudwatch.record_metric("AWS/SQS", metric, visible, "Count", dimensions)

    def _evaluate(self, alarm: Alarm) -> None:
        if not alarm.get("MetricName") or alarm["ComparisonOperator"] not in _BREACHES:
            return  # alarms on metric math and anomaly detection keep their state
        periods = self._periods(alarm)
        known = [breaching for breaching in periods if breaching is not None]
        if not known:
            state = "INSUFFICIENT_DATA"
        else:
            needed = alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"]
            state = "ALARM" if sum(known) >= needed else "OK"
        if state != alarm["StateValue"] and (known or alarm["TreatMissingData"] != "ignore"):
            self._change(
                alarm, state, f"{sum(known)} of {len(periods)} periods breach the threshold"
            )

    def _periods(self, alarm: Alarm) -> list[bool | None]:
        """Return for each period, the newest first, whether it breaches; None if unknown."""
        names = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
        key = (alarm["Namespace"], alarm["MetricName"], self._cloudwatch._dims_key(names))
        points = self._cloudwatch._metrics.get(key) or []
        statistic = alarm.get("ExtendedStatistic") or alarm["Statistic"]
        breaches = _BREACHES[alarm["ComparisonOperator"]]
        found: list[bool | None] = []
        end = time.time()
        for _ in range(alarm["EvaluationPeriods"]):
            begin = end - alarm["Period"]
            inside = [point for point in points if begin < point["Timestamp"] <= end]
            stats = self._cloudwatch._calc_stats(inside)
            value = self._cloudwatch._stat_value(stats, statistic, inside) if stats else None
            if value is None:
                found.append(_MISSING.get(alarm["TreatMissingData"]))
            else:
                found.append(breaches(value, alarm["Threshold"]))
            end = begin
        return found

    def _change(self, alarm: Alarm, state: str, reason: str) -> None:
        old = alarm["StateValue"]
        alarm |= {"StateValue": state, "StateReason": reason}
        alarm["StateUpdatedTimestamp"] = int(time.time())
        self._cloudwatch._record_history(alarm["AlarmName"], old, state, reason)
        self._cloudwatch._dispatch_alarm_actions(alarm, old, state, reason)
        self._cloudwatch._evaluate_parent_alarms(alarm)
