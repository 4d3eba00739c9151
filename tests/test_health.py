"""The health of a stack: asked in as few calls as AWS takes, and whole where the state is lost."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from provision import health
from provision.steps.alias import Alias
from provision.steps.function import Function
from tests.test_cli import Provision, home, provision
from tests.workshop import Recorder, new_aws

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
