"""The laws of flow logs and of EC2's tags: a naive client fails under each, ours does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from provision.model.stack import Stack
from provision.steps.ec2.flow_log import FlowLog
from provision.steps.ec2.vpc import Vpc
from provision.steps.iam.role import Role
from provision.steps.iam_policy import as_text, trust
from provision.steps.logs.log_group import LogGroup
from tests.faults.aws_behaviours.conftest import Session, naive
from tests.faults.aws_behaviours.harness import patient, under
from tests.faults.aws_behaviours.rules import network as laws
from tests.support.harness import empty

SERVICE = "vpc-flow-logs.amazonaws.com"


def a_stack() -> Stack:
    stack = empty()
    vpc = stack.add("vpc", lambda _: Vpc(cidr="10.20.0.0/24", tags={}))
    group = stack.add("group", lambda _: LogGroup(name="/tap/flow", retention=30, tags={}))
    role = stack.add("role", lambda _: Role(name="flow", service=SERVICE, tags={}))
    stack.add(
        "log",
        lambda get: FlowLog(
            vpc_id=get(vpc).id,
            traffic="ALL",
            log_group=get(group).name,
            role=get(role).arn,
            tags={},
        ),
        needs=[vpc, group, role],
    )
    return stack


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_v18_a_role_just_made_cannot_be_assumed_yet(
    court: Session, tmp_path: Path, seed: int
) -> None:
    held = court(laws.FlowLogRoleSpreads(), seed=seed)
    role = naive(held, "iam").create_role(
        RoleName="naive", AssumeRolePolicyDocument=as_text(trust(SERVICE))
    )["Role"]["Arn"]
    client = naive(held, "ec2")
    vpc = client.create_vpc(CidrBlock="10.30.0.0/24")["Vpc"]["VpcId"]
    answers = []
    for _ in range(20):
        try:
            answer = client.create_flow_logs(
                ResourceType="VPC",
                ResourceIds=[vpc],
                TrafficType="ALL",
                LogDestinationType="cloud-watch-logs",
                LogGroupName="/naive",
                DeliverLogsPermissionArn=role,
            )
            answers.append(answer["Unsuccessful"][0]["Error"]["Message"])
        except ClientError as error:
            answers.append(error.response["Error"]["Message"])
    assert set(answers) == {f"Unable to assume given IAM role: '{role}'"}
    shop, before = under(held, tmp_path), len(held.sent)
    shop.run(a_stack(), "up")
    patient(held.sent[before:])
    asked = [sent for sent in held.sent[before:] if sent.call.operation == "CreateFlowLogs"]
    assert len(asked) > 2, "it was asked again"
    shop.run(a_stack(), "up")
    assert shop.last.writes == []
    shop.run(a_stack(), "down")


def test_v19_tags_change_one_command_at_a_time(court: Session, tmp_path: Path) -> None:
    held = court(laws.TagsOneAtATime())
    client = naive(held, "ec2")
    vpc = client.create_vpc(CidrBlock="10.30.0.0/24")["Vpc"]["VpcId"]
    client.create_tags(Resources=[vpc], Tags=[{"Key": "a", "Value": "b"}])
    with pytest.raises(ClientError, match="ConcurrentTagAccess"):
        client.delete_tags(Resources=[vpc], Tags=[{"Key": "a"}])
    shop, ours = under(held, tmp_path), Vpc(cidr="10.20.0.0/24", tags={"team": "a"})
    shop.up(ours)
    shop.up(replace(ours, tags={"other": "b"}))
    shop.stays(replace(ours, tags={"other": "b"}))
    assert len(held.refused("V19")) > 1
