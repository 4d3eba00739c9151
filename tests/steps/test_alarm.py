"""The alarm: the contract, and what CloudWatch leaves out or ignores."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import pytest

from provision.finding import Action
from provision.steps.alarm import Alarm
from tests.steps.contract import StepContract
from tests.workshop import Workshop, new_aws, one_node

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


def test_one_call_makes_it_whole(workshop: Workshop) -> None:
    made = workshop.run(one_node(ALARM), "up").steps["it"]
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
    finding = workshop.run(one_node(ALARM), "up").findings["it"]
    assert [(change.field, change.have) for change in finding.changes] == [("actions", ())]
    assert workshop.run(one_node(ALARM), "up").findings["it"].action is Action.KEEP


def test_alarm_made_one_on_an_expression_by_hand_is_put_back(workshop: Workshop) -> None:
    workshop.run(one_node(ALARM), "up")
    new_aws().cloudwatch.put_metric_alarm(
        AlarmName=ALARM.name,
        Metrics=[{"Id": "e", "Expression": "1 + 1", "ReturnData": True, "Period": 60}],
        EvaluationPeriods=5,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    finding = workshop.run(one_node(ALARM), "up").findings["it"]
    assert {"metric", "namespace", "statistic"} <= {change.field for change in finding.changes}
    assert workshop.run(one_node(ALARM), "up").findings["it"].action is Action.KEEP


@pytest.mark.parametrize("code", ["ResourceNotFound", "ResourceNotFoundException"])
def test_alarm_that_goes_while_looking_is_not_there(workshop: Workshop, code: str) -> None:
    workshop.run(one_node(ALARM), "up")
    aws = new_aws()

    def gone(http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
        http_response.status_code = 404
        parsed["Error"] = {"Code": code, "Message": "no such alarm"}

    aws.cloudwatch.meta.events.register("after-call.cloudwatch.ListTagsForResource", gone)
    assert ALARM.observe(aws) is None
