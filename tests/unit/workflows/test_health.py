"""The health of a stack: read in as few calls as AWS allows, complete without the state."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from moto.sns.models import SNSBackend, sns_backends
from moto.sns.models import Subscription as MotoSubscription

from provision.steps.lambda_.alias import Alias
from provision.steps.lambda_.function import Function
from provision.workflows import health
from tests.integration.test_cli import CONFIG, Provision, home, provision
from tests.support.harness import Recorder, new_aws

__all__ = ["home", "provision"]  # fixtures


def a_function(name: str) -> Function:
    return Function(
        name=name,
        runtime="python3.13",
        handler="app.handler",
        role="arn:aws:iam::123456789012:role/tap-dev-items",
        code_sha256="",
        zip="",
        log_group="/tap",
        tags={},
    )


@pytest.mark.usefixtures("account")
def test_more_series_than_one_call_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "QUERIES", 6)
    steps = {f"function.f{number}": a_function(f"f{number}") for number in range(3)}
    found = health.read_health(new_aws(recorder := Recorder()), steps)
    assert recorder.reads.count("GetMetricData") == 2
    assert found.traffic.keys() == steps.keys()


@pytest.mark.usefixtures("account")
def test_traffic_is_what_comes_by_the_alias() -> None:
    asked: list[Any] = []
    aws = new_aws()
    aws.cloudwatch.meta.events.register(
        "provide-client-params.cloudwatch.GetMetricData",
        lambda params, **_: asked.extend(params["MetricDataQueries"]),
    )
    steps = {
        "function.f": a_function("f"),
        "function.f.alias": Alias(function="f", name="live", version="1"),
        "function.g": a_function("g"),  # not live yet
    }
    health.read_health(aws, steps)
    named = [
        {each["Name"]: each["Value"] for each in query["MetricStat"]["Metric"]["Dimensions"]}
        for query in asked
    ]
    assert named == [{"FunctionName": "f", "Resource": "f:live"}] * 3 + [{"FunctionName": "g"}] * 3


def test_it_is_the_same_with_the_state_lost(
    account: None, provision: Provision, home: Path
) -> None:
    assert provision("up", "--yes").code == 0
    before = provision("status", "--json").json["health"]
    shutil.rmtree(home / ".provision" / "dev")
    after = provision("status", "--json").json["health"]
    assert before["alarms"]
    assert after == before


@pytest.fixture
def mailed(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Create a stack whose alarms are mailed, and whose subscription is not yet confirmed."""
    alarmed = CONFIG | {"monitoring": {"email": "ops@example.com"}}
    (home / "config.yaml").write_text(yaml.safe_dump(alarmed, sort_keys=False))
    subscribe = SNSBackend.subscribe

    def subscribed(self: Any, *arguments: Any) -> MotoSubscription:
        made = subscribe(self, *arguments)
        made.arn = "PendingConfirmation"
        return made

    with monkeypatch.context() as patch:
        patch.setattr(SNSBackend, "subscribe", subscribed)
        yield


def confirm(arn: str) -> None:
    """Let AWS list every subscription with this ARN from now on."""
    for made in sns_backends["123456789012"]["us-east-1"].subscriptions.values():
        made.arn = arn


@pytest.mark.usefixtures("account", "mailed")
def test_alarms_that_reach_nobody_are_unhealthy(provision: Provision) -> None:
    """Every ARN that AWS shows for an address without a subscription counts (N4, N5)."""
    silent = "ops@example.com must follow the link in AWS's mail: until then no alarm is delivered"
    assert silent in provision("up", "--yes").err
    seen = provision("status", "--check")
    assert seen.code == 5
    assert "○ monitoring.email unconfirmed  no alarm is delivered until" in seen.out
    assert "✓ email" not in provision("-v", "status").out
    health = provision("status", "--json").json["health"]
    assert health["subscriptions"] == {"monitoring.email": "unconfirmed"}
    (problem,) = health["problems"]
    assert problem.startswith("monitoring.email unconfirmed: no alarm is delivered")

    confirm("arn:aws:sns:us-east-1:123456789012:tap-dev-alarms:1b2c")
    assert provision("status", "--check").code == 0
    heard = provision("status", "--json").json["health"]
    assert heard["subscriptions"] == {"monitoring.email": "confirmed"}
    assert heard["problems"] == []
    assert "no alarm is delivered" not in provision("up", "--yes").err

    confirm("Deleted")
    gone = provision("status", "--check", "--json")
    assert gone.code == 5
    assert gone.json["health"]["subscriptions"] == {
        "monitoring.email": "unsubscribed by a link in its mail"
    }
    left = "unsubscribed by a link in its mail"
    assert gone.json["health"]["problems"] == [f"monitoring.email drifted: {left}"]
    shown = provision("status").out.splitlines()
    assert f"≠ monitoring.email drifted  strays: {left}, not wanted" in shown


@pytest.mark.usefixtures("account")
def test_problems_are_what_check_fails_on(provision: Provision) -> None:
    """One alarm fires and the others do not; each problem is named with its state."""
    made = provision("up", "--yes", "--json").json
    node = "monitoring.alarm.function-items-errors"
    (name,) = (each["name"] for each in made["resources"] if each["node"] == node)
    cloudwatch = boto3.client("cloudwatch")
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")
    boto3.client("logs").put_retention_policy(
        logGroupName="/aws/lambda/tap-dev-items", retentionInDays=1
    )
    seen = provision("status", "--check", "--json")
    assert seen.code == 5
    health = seen.json["health"]
    assert health["alarms"][node] == "ALARM"
    assert datetime.fromisoformat(health["firing_since"][node])
    assert set(health["alarms"].values()) == {"ALARM", "OK"}
    assert health["problems"] == [
        f"{node} is in ALARM: The function items fails",
        "function.items.logs drifted: retention",
    ]
    shown = provision("status").out.splitlines()
    assert sum("▲" in line for line in shown) == 2  # the alarm itself, and its area
    assert f"▲ {node} is in ALARM since just now  The function items fails" in shown
    assert "✗ 2 in trouble" in shown[0]
