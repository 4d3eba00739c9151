"""CloudWatch Logs' laws: a naive client falls over each, our log group does not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from provision.stack import grants
from provision.step import Document
from provision.steps.log_group import LogGroup
from tests.laws.bench import SEEDS, LosesOnce, under
from tests.laws.conftest import Session, naive
from tests.laws.law import Court
from tests.laws.rules import logs as laws
from tests.workshop import Died, Recorder, Where, new_aws, one_node

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
    """A function with its group and a role that may do this; a plain client to delete them."""
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


@pytest.mark.parametrize("seed", SEEDS)
def test_g4_late_lines_bring_it_back_where_the_role_may(
    court: Session, tmp_path: Path, seed: int
) -> None:
    def left_by(allowed: Document, where: str) -> list[str]:
        held = court(laws.LateLinesBringItBack(), seed=seed)
        functions = run_function(held, allowed)
        shop = under(held, tmp_path / where)
        shop.up(GROUP)
        functions.delete_function(FunctionName="f")
        naive(held, "iam").delete_role_policy(RoleName="f", PolicyName="logs")
        naive(held, "iam").delete_role(RoleName="f")
        shop.down(GROUP)
        held.clock.sleep(60)
        listed = naive(held, "logs").describe_log_groups()["logGroups"]
        return [group["logGroupName"] for group in listed]

    ours = grants.logging(new_aws().where.arn("logs", f"log-group:{GROUP.name}"))
    naive_grant = {**ours, "Statement": [{"Action": ["logs:CreateLogGroup"], "Resource": ["*"]}]}
    naive_grant["Statement"][0]["Effect"] = "Allow"
    assert left_by(naive_grant, "naive") == [GROUP.name]
    assert left_by(ours, "ours") == []


@pytest.mark.parametrize("seed", SEEDS)
def test_g5_deleting_collides(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(laws.DeletingCollides(), seed=seed)
    client = naive(held, "logs")
    client.create_log_group(**NAMED)
    with pytest.raises(ClientError, match="OperationAbortedException"):
        client.delete_log_group(**NAMED)
    shop = under(held, tmp_path)
    shop.up(GROUP)
    shop.down(GROUP, within=20)
    assert len(held.refused("G5")) > 1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_group_lives_under_all_of_them(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(*(law() for law in laws.LAWS), seed=seed)
    shop = under(held, tmp_path)
    shop.up(GROUP, within=20)
    changed = replace(GROUP, retention=30, tags={"team": "b"})
    shop.up(changed, within=20)
    shop.down(changed, within=20)
    shop.up(GROUP, within=20)
    shop.stays(GROUP)
