"""Each alarm of the shipped stack fires at its threshold on the emulator, and not below."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from provision import local
from provision.aws.access import Access
from provision.aws.client import Aws
from tests.unit.local.conftest import connect
from tests.unit.stack.test_alarms import alarms

pytestmark = pytest.mark.emulator


class Series(NamedTuple):
    """Identifies a metric: namespace, name and dimensions."""

    namespace: str
    metric: str
    dimensions: dict[str, str]


LIVE = {"FunctionName": "tap-dev-items", "Resource": "tap-dev-items:live"}
API = {"ApiName": "tap-dev", "Stage": "v1"}
TABLE = {"TableName": "tap-dev-items"}
QUEUE = {"QueueName": "tap-dev-items-dead-letters"}
COUNTS = {
    "tap-dev-function-items-errors": Series("AWS/Lambda", "Errors", LIVE),
    "tap-dev-function-items-throttles": Series("AWS/Lambda", "Throttles", LIVE),
    "tap-dev-api-5xx": Series("AWS/ApiGateway", "5XXError", API),
    "tap-dev-table-items-read-throttles": Series("AWS/DynamoDB", "ReadThrottleEvents", TABLE),
    "tap-dev-table-items-write-throttles": Series("AWS/DynamoDB", "WriteThrottleEvents", TABLE),
}
TIMES = {
    "tap-dev-function-items-duration": Series("AWS/Lambda", "Duration", LIVE),
    "tap-dev-api-latency": Series("AWS/ApiGateway", "Latency", API),
}
LETTERS = "tap-dev-function-items-dead-letters"
WAITING = Series("AWS/SQS", "ApproximateNumberOfMessagesVisible", QUEUE)
OF_OTHERS = [
    Series("AWS/Lambda", "Errors", {"FunctionName": "tap-dev-items"}),
    Series("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": "tap-dev-items"}),
    Series("AWS/ApiGateway", "5XXError", {"ApiName": "tap-dev"}),
    Series("AWS/DynamoDB", "ReadThrottleEvents", {"TableName": "tap-dev-items-2"}),
]
THRESHOLDS = {
    "function_errors": 3,
    "function_throttles": 3,
    "api_5xx": 3,
    "table_throttles": 3,
    "duration_p95_ms": 400,
    "api_latency_p95_ms": 400,
    "dead_letters": 3,
}


@dataclass(frozen=True)
class House:
    """The emulator with the alarms in it, and a queue subscribed to their topic."""

    cloudwatch: Any
    sqs: Any
    ear: str

    @property
    def ringing(self) -> set[str]:
        found = self.cloudwatch.describe_alarms(StateValue="ALARM")["MetricAlarms"]
        return {alarm["AlarmName"] for alarm in found}

    def put(self, series: Series, *, minutes: int = 0, **data: Any) -> None:
        """Put data into the newest period, or `minutes` before it."""
        ago = timedelta(minutes=minutes, seconds=5)
        datum = {
            "MetricName": series.metric,
            "Dimensions": [
                {"Name": name, "Value": value} for name, value in series.dimensions.items()
            ],
            "Timestamp": datetime.now(UTC) - ago,
            **data,
        }
        self.cloudwatch.put_metric_data(Namespace=series.namespace, MetricData=[datum])

    def heard(self) -> list[tuple[str, str]]:
        """Return the alarms that notified since the last call, with the state they reported."""
        answer = self.sqs.receive_message(
            QueueUrl=self.ear, MaxNumberOfMessages=10, VisibilityTimeout=600
        )
        told = [json.loads(each["Body"]) for each in answer.get("Messages", [])]
        messages = [json.loads(each["Message"]) for each in told]
        return [(each["AlarmName"], each["NewStateValue"]) for each in messages]


@pytest.fixture
def house(emulator: local.Emulator, tmp_path: Path) -> House:
    """Return the emulator with the alarms, no data, and none of them firing."""
    sns, sqs = connect("sns", emulator.endpoint), connect("sqs", emulator.endpoint)
    topic = sns.create_topic(Name="tap-dev-alarms")["TopicArn"]
    ear = sqs.create_queue(QueueName="ear")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=ear, AttributeNames=["QueueArn"])["Attributes"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"])
    access = Access("us-east-1", endpoint=emulator.endpoint, credentials=local.CREDENTIALS)
    aws = Aws(access)
    made = alarms(tmp_path, {"monitoring": {"alarms": THRESHOLDS}})
    for alarm in made.values():
        replace(alarm, actions=(topic,)).create(aws)
    return House(connect("cloudwatch", emulator.endpoint), sqs, ear)


def test_each_rings_at_its_threshold_and_not_below(house: House) -> None:
    """The metrics change one after another, so that a wrong alarm would be noticed."""
    found = house.cloudwatch.describe_alarms()["MetricAlarms"]
    states = {alarm["AlarmName"]: alarm["StateValue"] for alarm in found}
    assert states == dict.fromkeys([*COUNTS, *TIMES, LETTERS], "OK"), "without data all is well"
    for series in OF_OTHERS:
        house.put(series, Value=1000)
    assert house.ringing == set(), "a version called by hand, another queue, table or stage"
    rung: set[str] = set()
    for name, series in COUNTS.items():
        for minutes in (0, 1, 2, 3):
            house.put(series, Value=2, minutes=minutes)
        assert house.ringing == rung, f"{name}: 2 of 3 in each of four periods"
        house.put(series, Value=1)
        rung.add(name)
        assert house.ringing == rung, f"{name}: 3 of 3 in one period"
        assert house.heard() == [(name, "ALARM")]
    rung.add(LETTERS)
    ring_for_letters(house)
    assert house.ringing == rung
    for name, series in TIMES.items():
        for minutes in range(5):
            house.put(series, minutes=minutes, Values=[399.0, 9000.0], Counts=[99.0, 1.0])
        assert house.ringing == rung, f"{name}: one call of a hundred is slow, the others below"
        for minutes in range(4):
            house.put(series, minutes=minutes, Values=[400.0], Counts=[1900.0])
        assert house.ringing == rung, f"{name}: slow in four periods of five"
        house.put(series, minutes=4, Values=[400.0], Counts=[1900.0])
        rung.add(name)
        assert house.ringing == rung, f"{name}: slow in all five"
        assert house.heard() == [(name, "ALARM")]


def ring_for_letters(house: House) -> None:
    """Send real messages, which the emulator counts every few seconds."""
    before = house.ringing
    queue = house.sqs.create_queue(QueueName="tap-dev-items-dead-letters")["QueueUrl"]
    for minutes in range(5):
        house.put(WAITING, Value=2, minutes=minutes)
    assert house.ringing == before, "two letters that stay are not three"
    for _ in range(3):
        house.sqs.send_message(QueueUrl=queue, MessageBody="failed")
    deadline = time.monotonic() + 25
    while house.ringing == before and time.monotonic() < deadline:
        time.sleep(0.5)
    assert house.heard() == [(LETTERS, "ALARM")]
