"""The flow log: the contract, and errors that EC2 reports in an answer of 200."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import pytest
from botocore.exceptions import ClientError

from provision.model.step import OWNER, Step
from provision.steps.ec2.flow_log import FlowLog
from provision.steps.ec2.vpc import Vpc
from provision.steps.logs.log_group import LogGroup
from tests.support.harness import Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract

ROLE = "arn:aws:iam::123456789012:role/tap-dev-flow-logs"


class TestFlowLog(StepContract):
    refused_twice = "FlowLogAlreadyExists"
    edits: ClassVar = {"tags": {"Name": "tap-dev", "team": "b"}}
    fixed_edits: ClassVar = {
        "traffic": "ALL",
        "log_group": "/tap/other",
        "role": f"{ROLE}-2",
        "interval": 60,
    }

    def given(self, aws: Any) -> Step:
        return make_flow_log(aws)


def make_flow_log(aws: Any) -> FlowLog:
    vpc = Vpc(cidr="10.20.0.0/24", tags={OWNER: "tap-dev/vpc"}).create(aws)
    for name in ("/tap/flow", "/tap/other"):
        LogGroup(name=name, retention=30, tags={}).create(aws)
    return FlowLog(
        vpc_id=vpc.id, traffic="REJECT", log_group="/tap/flow", role=ROLE, tags={"Name": "tap-dev"}
    )


def test_what_ec2_lists_as_not_done_is_an_error(
    account: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws = new_aws()
    wanted = replace(make_flow_log(aws), tags={OWNER: "tap-dev/it"})
    refused = {"Error": {"Code": "InvalidVpcId.NotFound", "Message": "no such VPC"}}
    answer = {"FlowLogIds": [], "Unsuccessful": [{**refused, "ResourceId": wanted.vpc_id}]}
    monkeypatch.setattr(aws.ec2, "create_flow_logs", lambda **_: answer)
    with pytest.raises(ClientError, match="no such VPC"):
        wanted.create(aws)


def test_deleting_what_ec2_does_not_know_is_success_and_anything_else_is_told(
    account: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws = new_aws()
    made = replace(make_flow_log(aws), tags={OWNER: "tap-dev/it"}).create(aws)
    for code, fine in (("InvalidFlowLogId.NotFound", True), ("UnauthorizedOperation", False)):
        answer = {"Unsuccessful": [{"Error": {"Code": code, "Message": "refused"}}]}
        monkeypatch.setattr(aws.ec2, "delete_flow_logs", lambda answer=answer, **_: answer)
        if fine:
            made.delete(aws)
        else:
            with pytest.raises(ClientError, match="refused"):
                made.delete(aws)


def test_aws_has_what_was_asked_for(workshop: Workshop) -> None:
    wanted = make_flow_log(new_aws())
    made = workshop.run(one_node(wanted), "up").resources["it"]
    assert isinstance(made, FlowLog)
    (found,) = new_aws().ec2.describe_flow_logs(FlowLogIds=[made.id])["FlowLogs"]
    assert found["ResourceId"] == wanted.vpc_id
    assert found["TrafficType"] == "REJECT"
    assert found["LogGroupName"] == "/tap/flow"
    assert found["DeliverLogsPermissionArn"] == ROLE
    assert found["MaxAggregationInterval"] == 600
