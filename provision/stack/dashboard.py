"""Builds the CloudWatch dashboard: one row an area, with the metrics that alarms watch."""

from __future__ import annotations

from typing import Any

from provision.model.step import Document
from provision.stack.functions import LIVE
from provision.stack.inputs import StackInputs

WIDTH, HEIGHT = 8, 6

Metric = list[Any]


def dashboard_body(inputs: StackInputs) -> Document:
    """Return the body, with one row for the API and one for each function and table.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
    """
    rows = [_api_row(inputs)]
    rows += [_function_row(inputs, key) for key in inputs.config.functions]
    rows += [_table_row(inputs, key) for key in inputs.config.tables]
    return {
        "widgets": [
            _place(widget, row, column)
            for row, widgets in enumerate(rows)
            for column, widget in enumerate(widgets)
        ]
    }


def _place(widget: Document, row: int, column: int) -> Document:
    return {
        "type": "metric",
        "x": column * WIDTH,
        "y": row * HEIGHT,
        "width": WIDTH,
        "height": HEIGHT,
        "properties": widget,
    }


def _graph(inputs: StackInputs, title: str, metrics: list[Metric]) -> Document:
    return {
        "title": title,
        "region": inputs.location.region,
        "view": "timeSeries",
        "stacked": False,
        "period": 60,
        "metrics": metrics,
    }


def _api_row(inputs: StackInputs) -> list[Document]:
    place = ["ApiName", inputs.config.prefix, "Stage", inputs.config.api.stage]

    def metric(name: str, statistic: str, label: str) -> Metric:
        return ["AWS/ApiGateway", name, *place, {"stat": statistic, "label": label}]

    return [
        _graph(inputs, "API requests", [metric("Count", "Sum", "requests")]),
        _graph(
            inputs,
            "API errors",
            [metric("4XXError", "Sum", "4xx"), metric("5XXError", "Sum", "5xx")],
        ),
        _graph(
            inputs,
            "API latency, ms",
            [metric("Latency", "p50", "p50"), metric("Latency", "p95", "p95")],
        ),
    ]


def _function_row(inputs: StackInputs, key: str) -> list[Document]:
    function = inputs.aws_name("function", key)
    place = ["FunctionName", function, "Resource", f"{function}:{LIVE}"]

    def metric(name: str, statistic: str, label: str) -> Metric:
        return ["AWS/Lambda", name, *place, {"stat": statistic, "label": label}]

    queue = [
        "AWS/SQS",
        "ApproximateNumberOfMessagesVisible",
        "QueueName",
        inputs.aws_name("function", key, "dead-letters"),
        {"stat": "Maximum", "label": "dead letters"},
    ]
    return [
        _graph(
            inputs,
            f"{key}: invocations and errors",
            [metric("Invocations", "Sum", "invocations"), metric("Errors", "Sum", "errors")],
        ),
        _graph(
            inputs,
            f"{key}: duration, ms",
            [metric("Duration", "p50", "p50"), metric("Duration", "p95", "p95")],
        ),
        _graph(
            inputs,
            f"{key}: throttles, dead letters",
            [metric("Throttles", "Sum", "throttles"), queue],
        ),
    ]


def _table_row(inputs: StackInputs, key: str) -> list[Document]:
    place = ["TableName", inputs.aws_name("table", key)]

    def metric(name: str, statistic: str, label: str) -> Metric:
        return ["AWS/DynamoDB", name, *place, {"stat": statistic, "label": label}]

    def provisioned(what: str) -> list[Metric]:
        if inputs.config.tables[key].capacity == "on-demand":
            return []  # AWS has the metric for provisioned capacity alone
        return [metric(f"Provisioned{what}CapacityUnits", "Average", "provisioned a second")]

    return [
        _graph(
            inputs,
            f"{key}: {what} capacity",
            [
                metric(f"Consumed{what.title()}CapacityUnits", "Sum", "consumed a minute"),
                *provisioned(what.title()),
            ],
        )
        for what in ("read", "write")
    ] + [
        _graph(
            inputs,
            f"{key}: throttled",
            [
                metric("ReadThrottleEvents", "Sum", "reads"),
                metric("WriteThrottleEvents", "Sum", "writes"),
            ],
        )
    ]
