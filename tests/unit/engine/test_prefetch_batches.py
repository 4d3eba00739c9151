"""Resources are observed in batches, so that no recorded kind and no wait delays the others."""

from __future__ import annotations

from dataclasses import replace

from provision.engine.prefetch import batches
from provision.state.record import Record
from provision.steps.cloudwatch.alarm import Alarm
from provision.steps.sns.topic import Topic
from tests.unit.steps.cloudwatch.test_alarm import ALARM

TOPIC = Topic(name="tap-dev-alarms", tags={})


def alarms(count: int) -> dict[str, Alarm]:
    return {f"alarm.{number}": replace(ALARM, name=f"a-{number}") for number in range(count)}


def test_alarms_are_observed_a_hundred_at_once_and_other_kinds_one_by_one() -> None:
    queries = {**alarms(101), "topic": TOPIC}
    sizes = sorted(len(batch) for batch in batches({}, queries))
    assert sizes == [1, 1, 100]


def test_pending_creations_and_records_of_another_kind_are_observed_by_themselves() -> None:
    queries = alarms(4)
    step = queries["alarm.0"]
    records = {
        "alarm.0": Record(step, (), "create"),
        "alarm.1": Record(step, (), "create"),
        "alarm.2": Record(TOPIC, (), ""),
    }
    found = [sorted(batch) for batch in batches(records, queries)]
    assert sorted(found) == [["alarm.0"], ["alarm.1"], ["alarm.2"], ["alarm.3"]]
