"""Alarms on the emulator follow their resource and missing data, and return to OK."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provision import local
from tests.unit.local.conftest import connect

pytestmark = pytest.mark.emulator

COMMON = {
    "Namespace": "Shop",
    "MetricName": "Failures",
    "Statistic": "Sum",
    "EvaluationPeriods": 1,
    "Threshold": 2.0,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
}


@pytest.fixture
def cloudwatch(emulator: local.Emulator) -> Any:
    return connect("cloudwatch", emulator.endpoint)


def state_of(cloudwatch: Any, name: str) -> str:
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    state: str = alarm["StateValue"]
    return state


def becomes(cloudwatch: Any, name: str, state: str) -> bool:
    deadline = time.monotonic() + 25
    while state_of(cloudwatch, name) != state:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def put(cloudwatch: Any, name: str, dimension: str, **more: Any) -> None:
    dimensions = [{"Name": "Shop", "Value": dimension}]
    cloudwatch.put_metric_alarm(
        **{"AlarmName": name, "Dimensions": dimensions, "Period": 60, **COMMON, **more}
    )


def fail(cloudwatch: Any, dimension: str, count: int, *, seconds_ago: float = 0) -> None:
    datum = {
        "MetricName": "Failures",
        "Dimensions": [{"Name": "Shop", "Value": dimension}],
        "Value": count,
        "Timestamp": datetime.now(UTC) - timedelta(seconds=seconds_ago),
    }
    cloudwatch.put_metric_data(Namespace="Shop", MetricData=[datum])


def test_missing_data(cloudwatch: Any) -> None:
    put(cloudwatch, "calm", "none", TreatMissingData="notBreaching")
    put(cloudwatch, "strict", "none", TreatMissingData="breaching")
    put(cloudwatch, "unsure", "none")
    assert state_of(cloudwatch, "calm") == "OK"
    assert state_of(cloudwatch, "strict") == "ALARM"
    assert state_of(cloudwatch, "unsure") == "INSUFFICIENT_DATA"


def test_only_its_own_resource_counts(cloudwatch: Any) -> None:
    put(cloudwatch, "one", "one", TreatMissingData="notBreaching")
    put(cloudwatch, "other", "other", TreatMissingData="notBreaching")
    fail(cloudwatch, "one", 1)
    assert state_of(cloudwatch, "one") == "OK"
    fail(cloudwatch, "one", 1)
    assert state_of(cloudwatch, "one") == "ALARM"
    assert state_of(cloudwatch, "other") == "OK"


def test_it_is_over_by_itself(cloudwatch: Any) -> None:
    put(cloudwatch, "short", "short", Period=10, TreatMissingData="notBreaching")
    fail(cloudwatch, "short", 5, seconds_ago=7)
    assert state_of(cloudwatch, "short") == "ALARM"
    assert becomes(cloudwatch, "short", "OK")


def test_some_of_several_periods(cloudwatch: Any) -> None:
    several = {"EvaluationPeriods": 3, "TreatMissingData": "notBreaching"}
    put(cloudwatch, "any", "several", DatapointsToAlarm=1, **several)
    put(cloudwatch, "all", "several", **several)
    fail(cloudwatch, "several", 5)
    assert state_of(cloudwatch, "any") == "ALARM"
    assert state_of(cloudwatch, "all") == "OK"


def test_a_message_in_a_queue(emulator: local.Emulator, cloudwatch: Any) -> None:
    put(
        cloudwatch,
        "letters",
        "unused",
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=[{"Name": "QueueName", "Value": "letters"}],
        Statistic="Maximum",
        Threshold=1.0,
        TreatMissingData="notBreaching",
    )
    sqs = connect("sqs", emulator.endpoint)
    queue = sqs.create_queue(QueueName="letters")["QueueUrl"]
    assert state_of(cloudwatch, "letters") == "OK"
    sqs.send_message(QueueUrl=queue, MessageBody="dead")
    assert becomes(cloudwatch, "letters", "ALARM")
