"""The alarm: the contract, and fields that CloudWatch leaves out or ignores."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from provision.engine.prefetch import VISIBILITY_DELAYS
from provision.model.stack import Stack
from provision.plan.change import Action
from provision.steps.cloudwatch.alarm import Alarm
from tests.support.harness import Died, Recorder, Where, Workshop, constant, new_aws, one_node
from tests.unit.steps.contract import StepContract

TOPIC = "arn:aws:sns:us-east-1:123456789012:tap-dev-alarms"
ALARM = Alarm(
    name="tap-dev-items-errors",
    description="The function fails",
    namespace="AWS/Lambda",
    metric="Errors",
    statistic="Sum",
    dimensions={"FunctionName": "tap-dev-items", "Resource": "tap-dev-items:live"},
    threshold=1,
    evaluation_periods=5,
    datapoints=3,
    actions=(TOPIC,),
    tags={"team": "a"},
)


class TestAlarm(StepContract):
    unsaid: ClassVar = {"datapoints": (7,), "missing": ("missing",)}
    drift_only = frozenset({"strays"})
    edits: ClassVar = {
        "description": "",
        "namespace": "AWS/ApiGateway",
        "metric": "5XXError",
        "statistic": "p95",
        "dimensions": {"ApiName": "tap-dev"},
        "threshold": 2.5,
        "comparison": "LessThanThreshold",
        "period": 300,
        "evaluation_periods": 7,
        "datapoints": 1,
        "missing": "breaching",
        "actions": (),
        "tags": {"team": "b", "more": "c"},
    }
    fixed_edits: ClassVar = {"name": "tap-dev-other-errors"}

    def given(self, aws: Any) -> Alarm:
        return ALARM


@pytest.mark.parametrize("statistic", ["Average", "Maximum", "Minimum", "SampleCount", "Sum"])
def test_what_is_no_percentile_is_asked_for_by_its_name(account: None, statistic: str) -> None:
    replace(ALARM, statistic=statistic).create(new_aws())
    (shown,) = new_aws().cloudwatch.describe_alarms()["MetricAlarms"]
    assert (shown.get("Statistic"), shown.get("ExtendedStatistic")) == (statistic, None)


def test_one_call_makes_it_whole(workshop: Workshop) -> None:
    made = workshop.run(one_node(ALARM), "up").resources["it"]
    assert workshop.last.writes == ["PutMetricAlarm"]
    assert vars(made)["arn"] == f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{ALARM.name}"


def test_tags_change_without_the_alarm_being_put_again(workshop: Workshop) -> None:
    workshop.run(one_node(ALARM), "up")
    retagged = replace(ALARM, tags={"team": "b"})
    workshop.run(one_node(retagged), "up")
    assert workshop.last.writes == ["TagResource"]


def test_what_aws_leaves_out_stands_for_its_default(account: None) -> None:
    new_aws().cloudwatch.put_metric_alarm(
        AlarmName=ALARM.name,
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=4,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    seen = ALARM.observe(new_aws())
    assert seen is not None
    assert (seen.datapoints, seen.missing, seen.dimensions) == (4, "missing", {})
    assert (seen.description, seen.actions) == ("", ())


def test_muted_by_hand_is_a_difference(workshop: Workshop) -> None:
    workshop.run(one_node(ALARM), "up")
    new_aws().cloudwatch.disable_alarm_actions(AlarmNames=[ALARM.name])
    finding = workshop.run(one_node(ALARM), "up").changes["it"]
    assert [(diff.field, diff.have) for diff in finding.diffs] == [("actions", ())]
    assert workshop.run(one_node(ALARM), "up").changes["it"].action is Action.KEEP


def test_alarm_made_one_on_an_expression_by_hand_is_put_back(workshop: Workshop) -> None:
    workshop.run(one_node(ALARM), "up")
    new_aws().cloudwatch.put_metric_alarm(
        AlarmName=ALARM.name,
        Metrics=[{"Id": "e", "Expression": "1 + 1", "ReturnData": True, "Period": 60}],
        EvaluationPeriods=5,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    finding = workshop.run(one_node(ALARM), "up").changes["it"]
    assert {"metric", "namespace", "statistic"} <= {diff.field for diff in finding.diffs}
    assert workshop.run(one_node(ALARM), "up").changes["it"].action is Action.KEEP


@pytest.mark.parametrize("code", ["ResourceNotFound", "ResourceNotFoundException"])
def test_alarm_that_goes_while_looking_is_not_there(workshop: Workshop, code: str) -> None:
    workshop.run(one_node(ALARM), "up")
    aws = new_aws()

    def gone(http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
        http_response.status_code = 404
        parsed["Error"] = {"Code": code, "Message": "no such alarm"}

    aws.cloudwatch.meta.events.register("after-call.cloudwatch.ListTagsForResource", gone)
    assert ALARM.observe(aws) is None


def stack_of(count: int) -> Stack:
    stack = Stack("tap-dev")
    for number in range(count):
        alarm = replace(ALARM, name=f"tap-dev-{number}")
        stack.add(f"alarm.{number}", constant(alarm))
    return stack


@pytest.mark.parametrize("lost", [False, True], ids=["recorded", "state lost"])
def test_a_hundred_are_looked_at_in_one_call(workshop: Workshop, *, lost: bool) -> None:
    workshop.run(stack_of(101), "up")
    if lost:
        workshop.forget()
    seen = workshop.run(stack_of(102), "plan")
    actions = Counter(finding.action for finding in seen.changes.values())
    assert actions == {Action.KEEP: 101, Action.CREATE: 1}
    assert Counter(workshop.last.reads) == {"DescribeAlarms": 2, "ListTagsForResource": 101}


def test_one_that_was_being_made_is_looked_for_by_itself(workshop: Workshop) -> None:
    """It may not be visible yet, and the other alarms do not wait for it."""
    with pytest.raises(Died):
        workshop.run(stack_of(3), "up", recorder=Recorder(die=(Where.BEFORE, 3)))
    seen = workshop.run(stack_of(3), "plan")
    actions = {name: finding.action for name, finding in seen.changes.items()}
    assert sorted(actions.values()) == [Action.CREATE, Action.KEEP, Action.KEEP]
    assert workshop.last.reads.count("DescribeAlarms") == 1 + len(VISIBILITY_DELAYS) + 1 + 1
