"""Every alarm of the stack: its metric, its threshold, and where it notifies."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from provision.aws.access import Location
from provision.config import load
from provision.stack import StackInputs, build_stack
from provision.steps.cloudwatch.alarm import Alarm
from tests.support.sample_stack import TinySources, configured, renaming
from tests.unit.stack.test_stack import built

NODE = "monitoring.alarm."
GIVEN = "arn:aws:sns:us-east-1:123456789012:on-call"
LIVE = {"FunctionName": "tap-dev-items", "Resource": "tap-dev-items:live"}
LETTERS = {"QueueName": "tap-dev-items-dead-letters"}
API = {"ApiName": "tap-dev", "Stage": "v1"}
TABLE = {"TableName": "tap-dev-items"}


class Row(NamedTuple):
    """An alarm as config.yaml ships it; its datapoints are of the last `evaluation_periods`."""

    name: str
    description: str
    namespace: str
    metric: str
    statistic: str
    dimensions: Mapping[str, str]
    threshold: float
    datapoints: int


SHIPPED = {
    "function-items-errors": Row(
        "tap-dev-function-items-errors",
        "The function items fails",
        "AWS/Lambda", "Errors", "Sum", LIVE, 1.0, 1,
    ),
    "function-items-throttles": Row(
        "tap-dev-function-items-throttles",
        "Lambda turns calls of items away",
        "AWS/Lambda", "Throttles", "Sum", LIVE, 1.0, 1,
    ),
    "function-items-duration": Row(
        "tap-dev-function-items-duration",
        "The function items is slow: p95 in milliseconds",
        "AWS/Lambda", "Duration", "p95", LIVE, 3000.0, 5,
    ),
    "function-items-dead-letters": Row(
        "tap-dev-function-items-dead-letters",
        "Events that items failed on are waiting in its dead-letter queue",
        "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", LETTERS, 1.0, 1,
    ),
    "api-5xx": Row(
        "tap-dev-api-5xx",
        "The API answers 5xx",
        "AWS/ApiGateway", "5XXError", "Sum", API, 1.0, 1,
    ),
    "api-latency": Row(
        "tap-dev-api-latency",
        "The API is slow: p95 in milliseconds",
        "AWS/ApiGateway", "Latency", "p95", API, 3000.0, 5,
    ),
    "table-items-read-throttles": Row(
        "tap-dev-table-items-read-throttles",
        "DynamoDB turns reads of items away",
        "AWS/DynamoDB", "ReadThrottleEvents", "Sum", TABLE, 1.0, 1,
    ),
    "table-items-write-throttles": Row(
        "tap-dev-table-items-write-throttles",
        "DynamoDB turns writes of items away",
        "AWS/DynamoDB", "WriteThrottleEvents", "Sum", TABLE, 1.0, 1,
    ),
}  # fmt: skip
SET = {
    "function_errors": 11,
    "function_throttles": 12,
    "duration_p95_ms": 13,
    "api_5xx": 14,
    "api_latency_p95_ms": 15,
    "table_throttles": 16,
    "dead_letters": 17,
}
"""Thresholds that are all different, so that none is taken for another."""
SWITCHES = {
    "function_errors": {"function-items-errors"},
    "function_throttles": {"function-items-throttles"},
    "duration_p95_ms": {"function-items-duration"},
    "api_5xx": {"api-5xx"},
    "api_latency_p95_ms": {"api-latency"},
    "table_throttles": {"table-items-read-throttles", "table-items-write-throttles"},
    "dead_letters": {"function-items-dead-letters"},
}
"""The alarms of each key of `monitoring.alarms`."""


def alarms(directory: Path, changes: Mapping[str, Any] | None = None) -> dict[str, Alarm]:
    """Return the alarms by the last part of their nodes' names."""
    _, steps = built(directory, changes)
    return {
        name.removeprefix(NODE): step for name, step in steps.items() if isinstance(step, Alarm)
    }


def set_to(**values: Any) -> dict[str, Any]:
    return {"monitoring": {"alarms": values}}


def test_the_alarms_as_they_are_shipped(tmp_path: Path) -> None:
    found = alarms(tmp_path)
    assert found == {
        node: Alarm(
            name=row.name,
            description=row.description,
            namespace=row.namespace,
            metric=row.metric,
            statistic=row.statistic,
            dimensions=dict(row.dimensions),
            threshold=row.threshold,
            comparison="GreaterThanOrEqualToThreshold",
            period=60,
            evaluation_periods=5,
            datapoints=row.datapoints,
            missing="notBreaching",
            actions=("monitoring.topic.arn",),
            strays=(),
            tags={"Environment": "production"},
            arn=f"{NODE}{node}.arn",
        )
        for node, row in SHIPPED.items()
    }
    assert all(isinstance(alarm.threshold, float) for alarm in found.values())


def test_every_alarm_waits_for_the_topic_alone(tmp_path: Path) -> None:
    stack, _ = built(tmp_path)
    needs = {n: node.needs for n, node in stack.nodes.items() if n.startswith(NODE)}
    assert needs == {f"{NODE}{node}": ("monitoring.topic",) for node in SHIPPED}


def test_each_has_its_own_threshold_and_all_the_same_periods(tmp_path: Path) -> None:
    found = alarms(tmp_path, set_to(**SET, period=120, evaluation_periods=3))
    assert {node: alarm.threshold for node, alarm in found.items()} == {
        "function-items-errors": 11.0,
        "function-items-throttles": 12.0,
        "function-items-duration": 13.0,
        "function-items-dead-letters": 17.0,
        "api-5xx": 14.0,
        "api-latency": 15.0,
        "table-items-read-throttles": 16.0,
        "table-items-write-throttles": 16.0,
    }
    assert {alarm.period for alarm in found.values()} == {120}
    assert {alarm.evaluation_periods for alarm in found.values()} == {3}
    of_all_periods = {node for node, alarm in found.items() if alarm.datapoints == 3}
    assert of_all_periods == {"function-items-duration", "api-latency"}
    assert {found[node].datapoints for node in found.keys() - of_all_periods} == {1}


@pytest.mark.parametrize("key", SWITCHES)
def test_null_switches_off_its_own_alarms(tmp_path: Path, key: str) -> None:
    configured(tmp_path)
    file = tmp_path / "config.yaml"
    settings = yaml.safe_load(file.read_text("utf-8"))
    settings["monitoring"]["alarms"][key] = None
    file.write_text(yaml.safe_dump(settings, sort_keys=False), "utf-8")
    inputs = StackInputs(
        load(file, environment=None),
        Location("123456789012", "us-east-1", "aws", "amazonaws.com"),
        ("us-east-1a", "us-east-1b"),
        TinySources(tmp_path / "zips"),
        lambda api, stage: f"https://{api}/{stage}",
    )
    left = {n.removeprefix(NODE) for n in build_stack(inputs).nodes if n.startswith(NODE)}
    assert left == SHIPPED.keys() - SWITCHES[key]


def test_what_the_configuration_names_is_watched(tmp_path: Path) -> None:
    """A second table and function have their own alarms; the stage is the configured one."""
    more = {
        "name": "shop",
        "environment": "qa",
        "tables": {"orders": {"key": "id"}},
        "functions": {
            "orders": {
                "source": str(Path(__file__).resolve().parents[3] / "function"),
                "handler": "app.handler",
            }
        },
        "api": {"stage": "live2", "routes": {"GET /orders": "orders"}},
    }
    found = alarms(tmp_path, more)
    assert found.keys() == SHIPPED.keys() | {
        node.replace("-items-", "-orders-") for node in SHIPPED if "-items-" in node
    }
    assert found["function-orders-errors"].name == "shop-qa-function-orders-errors"
    assert found["function-orders-errors"].description == "The function orders fails"
    watched = {
        "function-orders-duration": {
            "FunctionName": "shop-qa-orders",
            "Resource": "shop-qa-orders:live",
        },
        "function-orders-dead-letters": {"QueueName": "shop-qa-orders-dead-letters"},
        "table-orders-read-throttles": {"TableName": "shop-qa-orders"},
        "api-5xx": {"ApiName": "shop-qa", "Stage": "live2"},
        "api-latency": {"ApiName": "shop-qa", "Stage": "live2"},
    }
    assert {node: found[node].dimensions for node in watched} == watched


def test_after_a_rename_it_watches_what_is_still_called_so(tmp_path: Path) -> None:
    """With `moved`, names in AWS stay, while nodes and descriptions have the new ones."""
    found = alarms(tmp_path, renaming())
    new = {"function-items-": "function-shop-", "table-items-": "table-articles-"}
    renamed = {}
    for node, row in SHIPPED.items():
        begun = next((old for old in new if node.startswith(old)), "")
        renamed[new.get(begun, "") + node.removeprefix(begun)] = row
    assert {node: (alarm.name, alarm.dimensions) for node, alarm in found.items()} == {
        node: (row.name, row.dimensions) for node, row in renamed.items()
    }
    assert found["function-shop-errors"].description == "The function shop fails"
    assert found["table-articles-read-throttles"].description == (
        "DynamoDB turns reads of articles away"
    )


def test_the_request_says_all_of_it(tmp_path: Path) -> None:
    """In PutMetricAlarm a percentile is an extended statistic."""

    class Asked:
        """Records the requests for alarms in AWS's place."""

        def __init__(self) -> None:
            self.requests: dict[str, dict[str, Any]] = {}
            self.cloudwatch = self
            self.location = self

        def put_metric_alarm(self, **request: Any) -> None:
            self.requests[request.pop("AlarmName")] = request

        def arn(self, service: str, resource: str) -> str:
            return f"arn:{service}:{resource}"

    aws: Any = Asked()
    for alarm in alarms(tmp_path).values():
        alarm.create(aws)
    assert aws.requests == {
        row.name: {
            "AlarmDescription": row.description,
            "Namespace": row.namespace,
            "MetricName": row.metric,
            "Dimensions": [
                {"Name": name, "Value": row.dimensions[name]} for name in row.dimensions
            ],
            "ExtendedStatistic" if row.statistic == "p95" else "Statistic": row.statistic,
            "Threshold": row.threshold,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "Period": 60,
            "EvaluationPeriods": 5,
            "DatapointsToAlarm": row.datapoints,
            "TreatMissingData": "notBreaching",
            "ActionsEnabled": True,
            "AlarmActions": ["monitoring.topic.arn"],
            "Tags": [{"Key": "Environment", "Value": "production"}],
        }
        for row in SHIPPED.values()
    }


def test_a_topic_of_the_users_own_takes_the_place_of_ours(tmp_path: Path) -> None:
    steps = built(tmp_path, {"monitoring": {"topic": GIVEN}})[1]
    assert not {"monitoring.topic", "monitoring.email"} & steps.keys()
    alarms = [step for step in steps.values() if isinstance(step, Alarm)]
    assert len(alarms) == len(SHIPPED)
    assert {step.actions for step in alarms} == {(GIVEN,)}


def test_a_functions_own_thresholds_are_before_the_general_ones(tmp_path: Path) -> None:
    own = {"errors": 7, "throttles": None, "dead_letters": "general"}
    changes = {"functions": {"items": {"alarms": own}}}
    steps = built(tmp_path, changes)[1]
    found = {
        name.removeprefix(f"{NODE}function-items-"): step.threshold
        for name, step in steps.items()
        if isinstance(step, Alarm) and "function-items-" in name
    }
    assert found == {"errors": 7.0, "duration": 3000.0, "dead-letters": 1.0}


def test_a_functions_own_threshold_is_there_where_the_general_one_is_off(tmp_path: Path) -> None:
    changes = {
        "functions": {"items": {"alarms": {"duration_p95_ms": 900}}},
        "monitoring": {"alarms": {"duration_p95_ms": None}},
    }
    alarm = built(tmp_path, changes)[1][f"{NODE}function-items-duration"]
    assert isinstance(alarm, Alarm)
    assert alarm.threshold == 900.0
