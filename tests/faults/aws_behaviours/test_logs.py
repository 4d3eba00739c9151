"""CloudWatch Logs' laws: a naive client fails under each, our log group does not."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from provision.model.stack import Stack
from provision.model.step import Document
from provision.stack import grants
from provision.steps.logs.log_group import LogGroup
from tests.faults.aws_behaviours.conftest import Session, naive
from tests.faults.aws_behaviours.frame import Court
from tests.faults.aws_behaviours.harness import SEEDS, LosesOnce, under
from tests.faults.aws_behaviours.rules import logs as laws
from tests.support.harness import Died, Recorder, Where, new_aws, one_node

GROUP = LogGroup(name="/aws/lambda/f", retention=14, tags={"team": "a"})
NAMED: dict[str, Any] = {"logGroupName": "/aws/lambda/other"}


@pytest.mark.parametrize("seed", SEEDS)
def test_g1_making_collides(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(laws.MakingCollides(), LosesOnce("CreateLogGroup"), seed=seed)
    shop = under(held, tmp_path)
    shop.up(GROUP, within=20)
    shop.stays(GROUP)
    shop.down(GROUP)
    shop.up(GROUP, within=20)
    client = naive(held, "logs")
    client.create_log_group(**NAMED)
    with pytest.raises(ClientError, match="OperationAbortedException"):
        client.put_retention_policy(**NAMED, retentionInDays=14)


def test_g2_retention_is_a_second_call_that_the_next_run_makes_good(
    court: Session, tmp_path: Path
) -> None:
    held = court(laws.MakingCollides())
    client = naive(held, "logs")
    client.create_log_group(**NAMED)
    (found,) = client.describe_log_groups(logGroupNamePrefix="/aws/lambda/other")["logGroups"]
    assert "retentionInDays" not in found, "kept for ever"
    shop = under(held, tmp_path)
    with pytest.raises(Died):
        shop.run(one_node(GROUP), "up", recorder=Recorder(die=(Where.AFTER, 1)))
    shop.up(GROUP, within=20)
    (found,) = client.describe_log_groups(logGroupNamePrefix="/aws/lambda/f")["logGroups"]
    assert found["retentionInDays"] == 14


def test_g3_arns_in_two_spellings(court: Session, tmp_path: Path) -> None:
    held = court(laws.ArnsInTwoSpellings())
    shop = under(held, tmp_path)
    shop.up(GROUP)
    client = naive(held, "logs")
    client.create_log_group(logGroupName="/aws/lambda/f-2")
    found, _ = client.describe_log_groups(logGroupNamePrefix="/aws/lambda/f")["logGroups"]
    with pytest.raises(ClientError, match="InvalidParameterException"):
        client.tag_resource(resourceArn=found["arn"], tags={"a": "b"})
    shop.up(replace(GROUP, tags={"team": "b"}))
    shop.down(GROUP)
    (left,) = client.describe_log_groups(logGroupNamePrefix="/aws/lambda/f")["logGroups"]
    assert left["logGroupName"] == "/aws/lambda/f-2"


def run_function(court: Court, allowed: Document) -> Any:
    """Create a function with its group and a role; return a plain client to delete them."""
    iam = naive(court, "iam")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    role = iam.create_role(RoleName="f", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    iam.put_role_policy(RoleName="f", PolicyName="logs", PolicyDocument=json.dumps(allowed))
    functions = naive(court, "lambda")
    functions.create_function(
        FunctionName="f",
        Role=role["Arn"],
        Runtime="python3.13",
        Handler="app.handler",
        Code={"ZipFile": b"x"},
    )
    return functions


def write_a_line(held: Court, group: str, *, minutes_ago: float = 0) -> None:
    client = naive(held, "logs")
    client.create_log_stream(logGroupName=group, logStreamName="s")
    when = int((time.time() - 60 * minutes_ago) * 1000)
    client.put_log_events(
        logGroupName=group, logStreamName="s", logEvents=[{"timestamp": when, "message": "hello"}]
    )


def groups(held: Court) -> list[str]:
    listed = naive(held, "logs").describe_log_groups()["logGroups"]
    return [group["logGroupName"] for group in listed]


@pytest.mark.parametrize("seed", SEEDS)
def test_g4_late_lines_bring_it_back_where_the_role_may(
    court: Session, tmp_path: Path, seed: int
) -> None:
    def deleted_under(allowed: Document, where: str, *, by_hand: bool) -> list[str]:
        held = court(laws.LateLinesBringItBack(), seed=seed)
        functions = run_function(held, allowed)
        shop = under(held, tmp_path / where)
        shop.up(GROUP)
        write_a_line(held, GROUP.name)
        functions.delete_function(FunctionName="f")
        naive(held, "iam").delete_role_policy(RoleName="f", PolicyName="logs")
        naive(held, "iam").delete_role(RoleName="f")
        if by_hand:
            groups(held)
            naive(held, "logs").delete_log_group(logGroupName=GROUP.name)
        else:
            shop.down(GROUP, within=40)
        held.clock.sleep(60)
        return groups(held)

    ours = grants.logging(new_aws().location.arn("logs", f"log-group:{GROUP.name}"))
    may_make = {**ours, "Statement": [{"Action": ["logs:CreateLogGroup"], "Resource": ["*"]}]}
    may_make["Statement"][0]["Effect"] = "Allow"
    assert deleted_under(may_make, "1", by_hand=True) == [GROUP.name]
    assert deleted_under(ours, "2", by_hand=True) == []
    assert deleted_under(may_make, "3", by_hand=False) == [], "drift in the role"


def staged(held: Court, directory: Path) -> tuple[Stack, LogGroup]:
    """Return a stage of ours, and its execution log as a node."""
    gateway = naive(held, "apigateway")
    api = gateway.create_rest_api(name="tap-dev", tags={"provision:owner": "tap-dev/api"})["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    gateway.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE")
    gateway.put_integration(restApiId=api, resourceId=root, httpMethod="GET", type="MOCK")
    gateway.create_deployment(restApiId=api, stageName="v1")
    group = replace(GROUP, name=f"API-Gateway-Execution-Logs_{api}/v1")
    under(held, directory).up(group)
    write_a_line(held, group.name)
    gateway.delete_stage(restApiId=api, stageName="v1")
    return one_node(group), group


@pytest.mark.parametrize("seed", SEEDS)
def test_a35_the_last_requests_are_logged_after_the_stage_is_gone(
    court: Session, tmp_path: Path, seed: int
) -> None:
    held = court(laws.LastRequestsAreLogged(), seed=seed)
    _, group = staged(held, tmp_path)
    groups(held)
    naive(held, "logs").delete_log_group(logGroupName=group.name)
    held.clock.sleep(60)
    assert groups(held) == [group.name], "a naive client leaves it"
    naive(held, "logs").delete_log_group(logGroupName=group.name)

    _, group = staged(held, tmp_path / "ours")
    under(held, tmp_path / "ours").down(group, within=40)
    held.clock.sleep(60)
    assert groups(held) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_a35_killed_before_the_second_look_the_next_down_knows_it_as_ours(
    court: Session, tmp_path: Path, seed: int
) -> None:
    held = court(laws.LastRequestsAreLogged(), seed=seed)
    stack, group = staged(held, tmp_path)
    with pytest.raises(Died):
        under(held, tmp_path).run(stack, "down", recorder=Recorder(die=(Where.AFTER, 1)))
    held.clock.sleep(60)
    assert groups(held) == [group.name]
    under(held, tmp_path).down(group, within=40)
    held.clock.sleep(60)
    assert groups(held) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_g5_deleting_collides(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(laws.DeletingCollides(), seed=seed)
    client = naive(held, "logs")
    client.create_log_group(**NAMED)
    with pytest.raises(ClientError, match="OperationAbortedException"):
        client.delete_log_group(**NAMED)
    shop = under(held, tmp_path)
    shop.up(GROUP)
    shop.down(GROUP, within=50)
    assert len(held.refused("G5")) > 1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_group_lives_under_all_of_them(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(*(law() for law in laws.LAWS), seed=seed)
    shop = under(held, tmp_path)
    shop.up(GROUP, within=20)
    changed = replace(GROUP, retention=30, tags={"team": "b"})
    shop.up(changed, within=20)
    shop.down(changed, within=50)
    shop.up(GROUP, within=20)
    shop.stays(GROUP)


def test_where_nobody_wrote_lately_nobody_is_waited_for(court: Session, tmp_path: Path) -> None:
    held = court(laws.LastRequestsAreLogged())
    shop = under(held, tmp_path)
    shop.up(GROUP)
    write_a_line(held, GROUP.name, minutes_ago=6)
    shop.down(GROUP, within=5)
    assert groups(held) == []
