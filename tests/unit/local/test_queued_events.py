"""An asynchronous event is tried as often as its alias says, and each attempt is measured."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provision import local
from tests.unit.local.conftest import connect
from tests.unit.local.test_runtime import make

pytestmark = pytest.mark.emulator

FAILS = "def handler(event, context):\n    raise KeyError('isbn')\n"
WORKS = "def handler(event, context):\n    return 1\n"
SECONDS = 20.0


class House:
    """A function with an alias and a dead-letter queue, and what became of its events."""

    def __init__(self, emulator: local.Emulator, name: str, code: str) -> None:
        self.name = name
        self.functions = connect("lambda", emulator.endpoint)
        self.sqs = connect("sqs", emulator.endpoint)
        self._logs = connect("logs", emulator.endpoint)
        self._metrics = connect("cloudwatch", emulator.endpoint)
        self.queue = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        make(self.functions, name, app=code)
        target = f"arn:aws:sqs:us-east-1:{local.ACCOUNT}:{name}"
        self.functions.update_function_configuration(
            FunctionName=name, DeadLetterConfig={"TargetArn": target}
        )
        version = self.functions.publish_version(FunctionName=name)["Version"]
        self.functions.create_alias(FunctionName=name, Name="live", FunctionVersion=version)

    def settings(self, settings: Mapping[str, int], qualifier: str = "live") -> None:
        self.functions.put_function_event_invoke_config(
            FunctionName=self.name, Qualifier=qualifier, **settings
        )

    def send(self, qualifier: str = "live") -> None:
        answer = self.functions.invoke(
            FunctionName=self.name, Qualifier=qualifier, InvocationType="Event"
        )
        assert answer["StatusCode"] == 202

    def letter(self) -> Mapping[str, Any]:
        """Wait for the event in the queue."""
        answer = self.sqs.receive_message(
            QueueUrl=self.queue, WaitTimeSeconds=int(SECONDS), MessageAttributeNames=["All"]
        )
        letter: Mapping[str, Any] = answer["Messages"][0]
        return letter

    def attempts(self) -> int:
        events = self._logs.filter_log_events(logGroupName=f"/aws/lambda/{self.name}")["events"]
        return sum(event["message"].startswith("START") for event in events)

    def measured(self, metric: str, **resource: str) -> float:
        now = datetime.now(UTC)
        dimensions = {"FunctionName": self.name, **resource}
        found = self._metrics.get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=now - timedelta(minutes=5),
            EndTime=now + timedelta(minutes=1),
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        return sum(float(point["Sum"]) for point in found)


@pytest.mark.parametrize(
    ("settings", "attempts"),
    [
        ({"MaximumRetryAttempts": 0}, 1),
        ({"MaximumRetryAttempts": 1}, 2),
        ({}, 3),
        ({"MaximumEventAgeInSeconds": 60}, 1),
        ({"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 120}, 2),
    ],
    ids=["none", "one", "default", "too old", "too old for the second"],
)
def test_the_settings_of_the_alias_are_obeyed(
    emulator: local.Emulator,
    settings: dict[str, int],
    attempts: int,
    request: pytest.FixtureRequest,
) -> None:
    house = House(emulator, request.node.callspec.id.replace(" ", "-"), FAILS)
    if settings:
        house.settings(settings)
    house.send()
    letter = house.letter()
    assert letter["MessageAttributes"]["ErrorMessage"]["StringValue"] == "'isbn'"
    assert house.attempts() == attempts


def test_settings_are_of_one_qualifier(emulator: local.Emulator) -> None:
    house = House(emulator, "several", FAILS)
    house.settings({"MaximumRetryAttempts": 0})
    house.settings({"MaximumRetryAttempts": 1}, "$LATEST")
    house.send("$LATEST")
    house.letter()
    assert house.attempts() == 2


def test_each_attempt_is_an_invocation_and_an_error(emulator: local.Emulator) -> None:
    house = House(emulator, "counted", FAILS)
    house.settings({"MaximumRetryAttempts": 1})
    house.send()
    house.letter()
    for resource in ({}, {"Resource": "counted:live"}):
        assert house.measured("Invocations", **resource) == 2
        assert house.measured("Errors", **resource) == 2
        assert house.measured("Duration", **resource) > 0


def test_a_success_is_counted_once(emulator: local.Emulator) -> None:
    house = House(emulator, "works", WORKS)
    house.send()
    until = time.monotonic() + SECONDS
    while not house.measured("Invocations") and time.monotonic() < until:
        time.sleep(0.1)
    assert (house.measured("Invocations"), house.measured("Errors")) == (1, 0)
    house.functions.invoke(FunctionName="works", Qualifier="live")
    assert house.measured("Invocations") == 2, "one that waits for the answer is counted too"
