"""CloudWatch's laws: a naive client fails under each, our alarm and dashboard do not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from provision.plan.change import Action
from tests.faults.aws_behaviours.conftest import Session, naive, ours
from tests.faults.aws_behaviours.harness import SEEDS, LosesOnce, under
from tests.faults.aws_behaviours.rules import cloudwatch as laws
from tests.support.harness import one_node
from tests.unit.steps.cloudwatch.test_alarm import ALARM
from tests.unit.steps.cloudwatch.test_dashboard import DASHBOARD

PLAIN: dict[str, Any] = {
    "AlarmName": "other",
    "Namespace": "AWS/Lambda",
    "MetricName": "Errors",
    "Statistic": "Sum",
    "Dimensions": [{"Name": name, "Value": "x"} for name in "abcdefgh"],
    "Period": 60,
    "EvaluationPeriods": 1,
    "DatapointsToAlarm": 1,
    "Threshold": 1,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "missing",
}


def tags(value: str) -> list[dict[str, str]]:
    return [{"Key": "team", "Value": value}]


def test_w1_a_second_put_ignores_tags(court: Session, tmp_path: Path) -> None:
    held = court(laws.AlarmTagsOnlyAtFirst(), LosesOnce("PutMetricAlarm"))
    shop = under(held, tmp_path)
    shop.up(ALARM)
    shop.stays(ALARM)
    client = naive(held, "cloudwatch")
    for value in "ab":
        client.put_metric_alarm(**PLAIN, Tags=tags(value))
    arn = client.describe_alarms(AlarmNames=["other"])["MetricAlarms"][0]["AlarmArn"]
    assert client.list_tags_for_resource(ResourceARN=arn)["Tags"] == tags("a")

    changed = replace(ALARM, threshold=7, tags={"team": "b"})
    shop.up(changed)
    shop.stays(changed)


@pytest.mark.parametrize("seed", SEEDS)
def test_w2_defaults_are_left_out(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(laws.DefaultsAreLeftOut(), seed=seed)
    client = naive(held, "cloudwatch")
    client.put_metric_alarm(**PLAIN)
    (shown,) = client.describe_alarms(AlarmNames=["other"])["MetricAlarms"]
    assert {name: shown.get(name) for name in PLAIN} != PLAIN
    shop = under(held, tmp_path)
    want = replace(
        ALARM,
        missing="missing",
        datapoints=ALARM.evaluation_periods,
        dimensions=dict.fromkeys("abcdefgh", "x"),
    )
    shop.up(want, within=1)
    shop.stays(want)


def test_w3_deleting_what_is_not_there(court: Session, tmp_path: Path) -> None:
    held = court(laws.NoneOfThatName())
    client = naive(held, "cloudwatch")
    with pytest.raises(ClientError, match="ResourceNotFound"):
        client.delete_alarms(AlarmNames=["nobody"])
    for step in (ALARM, DASHBOARD):
        shop = under(held, tmp_path / step.KIND)
        made = shop.up(step)
        shop.down(step)
        made.delete(ours(held))  # deleted before, by another client
    assert len(held.refused("W3")) == 3


def test_w4_a_remark_is_passed_on_and_stops_nothing(court: Session, tmp_path: Path) -> None:
    held = court(laws.RemarksAreNoErrors())
    client = naive(held, "cloudwatch")
    answer = client.put_dashboard(DashboardName="other", DashboardBody="{}")
    assert answer["DashboardValidationMessages"], "a 200 all the same"
    aws = ours(held)
    said: list[str] = []
    aws.on_wait(said.append)
    DASHBOARD.with_owner("tap-dev/it").create(aws)
    assert said == [f"AWS remarks on dashboard {DASHBOARD.name}: Unexpected property"]
    shop = under(held, tmp_path)
    shop.up(DASHBOARD)
    shop.stays(DASHBOARD)


def test_w4_a_dashboards_tags_are_taken_at_first(court: Session, tmp_path: Path) -> None:
    held = court(laws.DashboardTagsOnlyAtFirst())
    client = naive(held, "cloudwatch")
    for value in "ab":
        client.put_dashboard(DashboardName="other", DashboardBody="{}", Tags=tags(value))
    arn = client.get_dashboard(DashboardName="other")["DashboardArn"]
    assert client.list_tags_for_resource(ResourceARN=arn)["Tags"] == tags("a")
    shop = under(held, tmp_path)
    shop.up(DASHBOARD)
    changed = replace(DASHBOARD, body={"widgets": []}, tags={"team": "b"})
    shop.up(changed)
    shop.stays(changed)


def test_w4_a_dashboard_of_that_name_in_another_region_is_not_overwritten(
    court: Session, tmp_path: Path
) -> None:
    """All regions share one set of names; the owner's line shows another stack's."""
    held = court(*(law() for law in laws.LAWS))
    elsewhere = DASHBOARD.with_owner("tap-eu/it")
    naive(held, "cloudwatch").put_dashboard(
        DashboardName=DASHBOARD.name, DashboardBody=json.dumps(elsewhere.body)
    )
    shop = under(held, tmp_path)
    found = shop.run(one_node(DASHBOARD), "plan").changes["it"]
    assert found.action is Action.FOREIGN


@pytest.mark.parametrize("seed", SEEDS)
def test_both_live_under_all_of_them(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(*(law() for law in laws.LAWS), seed=seed)
    for step in (ALARM, DASHBOARD):
        shop = under(held, tmp_path / step.KIND)
        shop.up(step, within=1)
        changed = replace(step, tags={"other": "b"})
        shop.up(changed, within=1)
        shop.stays(changed)
        shop.down(changed, within=1)
