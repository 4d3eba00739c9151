"""docs/cost.md: its quantities are those of the shipped stack, its sums those of its prices."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from provision.model.step import Step
from provision.steps.apigateway.rest_api.api import RestApi
from provision.steps.autoscaling.policy import ScalingPolicy
from provision.steps.cloudwatch.alarm import Alarm
from provision.steps.cloudwatch.dashboard import Dashboard
from provision.steps.dynamodb.table import Table
from provision.steps.ec2.interface_endpoint import InterfaceEndpoint
from provision.steps.kms.key import KmsKey
from provision.steps.wafv2.web_acl import WebAcl
from tests.support.sample_stack import ROOT
from tests.unit.stack.test_stack import built

PAGE = (ROOT / "docs" / "cost.md").read_text("utf-8")
HOURS = 730
ALARMS_OF_A_POLICY = 4  # AlarmHigh, AlarmLow, ProvisionedCapacityHigh, ProvisionedCapacityLow
METRICS_OF_A_METHOD = 5  # Count, Latency, IntegrationLatency, 4XXError, 5XXError
Steps = Mapping[str, Step]


@pytest.fixture
def shipped(tmp_path: Path) -> Steps:
    return built(tmp_path)[1]


def row(name: str) -> list[str]:
    """Return the cells after the first of the row that begins with these words."""
    found = re.search(rf"^\| \**{re.escape(name)}.*?\| (.*) \|$", PAGE, re.MULTILINE)
    assert found, name
    return [cell.strip(" *") for cell in re.split(r" ?\| ?", found[1])]


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)]


def steps_of(steps: Steps, kind: type[Any]) -> list[Any]:
    return [step for step in steps.values() if isinstance(step, kind)]


def capacity(write: int, read: int) -> float:
    per_write, per_read = numbers(row("capacity of the table")[1])
    return (write * per_write + read * per_read) * HOURS


def test_the_capacity_is_the_tables(shipped: Steps) -> None:
    (table,) = steps_of(shipped, Table)
    how_many, _, a_month = row("capacity of the table")
    assert numbers(how_many) == [table.write_capacity, table.read_capacity]
    assert float(a_month) == round(capacity(table.write_capacity, table.read_capacity), 2)


def test_alarms_and_dashboards_are_the_stacks(shipped: Steps) -> None:
    counted = {
        "alarms of the stack": len(steps_of(shipped, Alarm)),
        "alarms that auto scaling": len(steps_of(shipped, ScalingPolicy)) * ALARMS_OF_A_POLICY,
        "dashboard": len(steps_of(shipped, Dashboard)),
    }
    for name, number in counted.items():
        how_many, price, a_month = row(name)
        assert int(how_many) == number
        assert float(a_month) == round(number * float(price), 2)


def test_the_sum_is_of_the_rows() -> None:
    rows = ("capacity of the table", "alarms of the stack", "alarms that auto", "dashboard")
    together = sum(float(row(name)[2]) for name in rows)
    assert float(row("together")[2]) == round(together, 2)
    prod = yaml.safe_load((ROOT / "config.yaml").read_text())["environments"]["prod"]
    table = prod["tables"]["items"]
    more = round(capacity(table["write"]["min"], table["read"]["min"]), 2)
    dev = float(row("capacity of the table")[2])
    said = f"{more:.2f} for the capacity, **{together - dev + more:.2f}** together"
    assert said in PAGE.replace("\n", " ")
    readme = (ROOT / "README.md").read_text("utf-8").replace("\n", " ")
    assert f"costs {together:.2f} dollars a month at list prices" in readme


def test_what_the_free_tier_leaves(shipped: Steps) -> None:
    (table,) = steps_of(shipped, Table)
    assert max(table.write_capacity, table.read_capacity) <= 25
    (dashboard,) = steps_of(shipped, Dashboard)
    widgets = dashboard.body["widgets"]
    assert sum(len(each["properties"].get("metrics", ())) for each in widgets) <= 50
    alarms = len(steps_of(shipped, Alarm))
    alarms += len(steps_of(shipped, ScalingPolicy)) * ALARMS_OF_A_POLICY
    price = float(row("alarms of the stack")[1])
    left = f"{(alarms - 10) * price:.2f}"
    assert f"**{left}** remain" in PAGE
    assert f", {left} within AWS's free tier" in (ROOT / "README.md").read_text("utf-8")


def test_a_secrets_endpoint_stands_in_every_zone(tmp_path: Path) -> None:
    environment = {"ONE": {"secret": "ssm:/tap/a"}, "TWO": {"secret": "secretsmanager:tap/b"}}
    _, steps = built(tmp_path, {"functions": {"items": {"environment": environment}}})
    endpoints = steps_of(steps, InterfaceEndpoint)
    assert len(endpoints) == 2
    paid_for, a_month = row("`environment: {KEY")
    zones, an_hour = numbers(paid_for)
    assert [len(each.subnet_ids) for each in endpoints] == [zones, zones]
    assert numbers(a_month) == [round(zones * an_hour * HOURS, 2)]


def test_an_endpoint_that_is_asked_for_stands_in_every_zone(tmp_path: Path) -> None:
    _, steps = built(tmp_path, {"network": {"endpoints": ["s3", "sqs"]}})
    (endpoint,) = steps_of(steps, InterfaceEndpoint)
    paid_for, a_month = row("`network: {endpoints")
    zones, an_hour = numbers(paid_for.partition("`s3`")[0])
    assert len(endpoint.subnet_ids) == zones
    assert numbers(a_month) == [round(zones * an_hour * HOURS, 2)]
    (risk,) = endpoint.own_risks(None)
    assert f"{zones:.0f} x {HOURS} hours a month" in risk.why


def test_a_web_acl_has_a_rule_for_each_group_and_the_rate(tmp_path: Path) -> None:
    paid_for, a_month = row("`api.waf`")
    acl_price, rule_price, groups = numbers(paid_for)
    for rate, expected in zip((None, 2000), numbers(a_month), strict=True):
        _, steps = built(tmp_path, {"api": {"waf": {"rate": rate}}})
        (acl,) = steps_of(steps, WebAcl)
        assert len(acl.groups) == groups
        assert acl_price + rule_price * (groups + bool(acl.rate)) == expected


def test_a_key_of_ones_own_is_one(tmp_path: Path, shipped: Steps) -> None:
    assert steps_of(shipped, KmsKey) == []
    _, steps = built(tmp_path, {"encryption": {"key": "create"}})
    assert len(steps_of(steps, KmsKey)) == float(row("`encryption: {key: create}`")[1])


def test_the_custom_metrics_are_those_that_get_data(shipped: Steps) -> None:
    (api,) = steps_of(shipped, RestApi)
    assert api.cors
    methods = len(api.routes) + len({route.path for route in api.routes})  # an OPTIONS each path
    names = {
        call.args[0].value
        for call in ast.walk(ast.parse((ROOT / "function" / "app.py").read_text("utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "_count"
        and isinstance(call.args[0], ast.Constant)
    } | {"ColdStart"}
    (text,) = row("metrics")
    price, of_a_method, said_methods, counted, at_most, free = numbers(text)
    assert (of_a_method, said_methods, counted) == (METRICS_OF_A_METHOD, methods, len(names))
    assert at_most == round((of_a_method * methods + len(names)) * price, 2)
    assert free == 10


def test_the_time_of_lambda() -> None:
    found = re.search(r"0\.0000133334 a GB-second: at 512 MB on arm64, ([0-9.]+) a million", PAGE)
    assert found
    assert float(found[1]) == round(0.5 * 0.1 * 1_000_000 * 0.0000133334, 2)
    function = yaml.safe_load((ROOT / "config.yaml").read_text())["functions"]["items"]
    assert (function["memory"], function["architecture"]) == (512, "arm64")
