"""CloudWatch: one statistic per alarm, and AWS's error code for a missing dashboard."""

from __future__ import annotations

from typing import Any


def install(events: Any) -> None:
    events.register("after-call.cloudwatch.DescribeAlarms", _one_statistic)
    events.register("after-call.cloudwatch.DeleteDashboards", _code_of_the_model)


def _one_statistic(parsed: dict[str, Any], **_: Any) -> None:
    """Drop Statistic if ExtendedStatistic is set: on AWS they exclude each other."""
    for alarm in parsed.get("MetricAlarms", []):
        if alarm.get("ExtendedStatistic"):
            alarm.pop("Statistic", None)


def _code_of_the_model(parsed: dict[str, Any], **_: Any) -> None:
    error = parsed.get("Error", {})
    if error.get("Code") == "DashboardNotFoundError":
        error["Code"] = "ResourceNotFound"
