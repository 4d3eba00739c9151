"""The flow log, which records the traffic in a VPC in a log group."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, Self

from botocore.exceptions import ClientError

from provision.aws.client import Aws
from provision.aws.error_codes import is_not_found
from provision.model import iam
from provision.model.capabilities import ReportsProblems
from provision.model.step import Fixed, Local, Replacement
from provision.steps.ec2.base import (
    Ec2Resource,
    create_permissions,
    deleting,
    describe_or_empty,
    ec2_arn,
    owner_filter,
    tag_update_calls,
)
from provision.steps.tagging import from_tag_list, tag_specifications

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FlowLogTypeDef, UnsuccessfulItemTypeDef

Traffic = Literal["ACCEPT", "ALL", "REJECT"]

_TO_FLOW_LOGS: Final = iam.Condition(
    "StringEquals", "iam:PassedToService", "vpc-flow-logs.amazonaws.com"
)


@dataclass(frozen=True, kw_only=True)
class FlowLog(Ec2Resource, ReportsProblems):
    """A flow log of a VPC. Only its tags can change in place.

    `log_group`: the group's name. `role`: the ARN of the role that writes to it. `interval`: the
    seconds that one line summarizes, 60 or 600.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html
    """

    KIND = "ec2.flow_log"
    API_CALLS = iam.ApiCalls(
        read=iam.calls("ec2", iam.ANY_RESOURCE, "DescribeFlowLogs"),
        write=(
            iam.call(
                "ec2.CreateFlowLogs",
                *create_permissions("CreateFlowLogs", "vpc-flow-log"),
                iam.Permission("ec2:CreateFlowLogs", (ec2_arn("vpc", "{vpc_id}"),), (iam.OWNED,)),
                iam.Permission("iam:PassRole", ("{role}",), (_TO_FLOW_LOGS,)),
            ),
            *tag_update_calls("vpc-flow-log"),
        ),
        delete=iam.calls("ec2", ec2_arn("vpc-flow-log"), "DeleteFlowLogs", when=(iam.OWNED,)),
    )
    REPLACEMENT = Replacement.DELETE_FIRST  # AWS refuses a second one to the same log group

    vpc_id: Fixed[str]
    traffic: Fixed[Traffic]
    log_group: Fixed[str]
    role: Fixed[str]
    interval: Fixed[int] = 600
    failing: Local[str] = ""
    """Why AWS delivers nothing to the log group; empty if it delivers."""

    def reported_problem(self) -> str:
        return f"nothing is logged: {self.failing}" if self.failing else ""

    def describe(self, aws: Aws) -> Sequence[Self]:
        return [self._from_aws(flow_log) for flow_log in self._find(aws)]

    def create(self, aws: Aws) -> Self:
        answer = aws.ec2.create_flow_logs(
            ResourceType="VPC",
            ResourceIds=[self.vpc_id],
            TrafficType=self.traffic,
            LogDestinationType="cloud-watch-logs",
            LogGroupName=self.log_group,
            DeliverLogsPermissionArn=self.role,
            MaxAggregationInterval=self.interval,
            TagSpecifications=tag_specifications("vpc-flow-log", self.tags),
        )
        _raise_refused("CreateFlowLogs", answer.get("Unsuccessful", []))
        (made,) = answer["FlowLogIds"]
        aws.new_ids.add(made)
        return replace(self, id=made)

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        if "tags" in changed:
            self.update_tags(aws, have)
        return replace(self, id=have.id)

    def delete(self, aws: Aws) -> None:
        with deleting(aws, self.id):
            answer = aws.ec2.delete_flow_logs(FlowLogIds=[self.id])
            _raise_refused("DeleteFlowLogs", answer.get("Unsuccessful", []))

    def _find(self, aws: Aws) -> Sequence[FlowLogTypeDef]:
        if self.id:
            return describe_or_empty(
                lambda: aws.ec2.describe_flow_logs(FlowLogIds=[self.id]).get("FlowLogs", [])
            )
        pages = aws.ec2.get_paginator("describe_flow_logs").paginate(
            Filters=owner_filter(self.owner)
        )
        return [one for page in pages for one in page.get("FlowLogs", [])]

    def _from_aws(self, flow_log: FlowLogTypeDef) -> Self:
        return replace(
            self,
            id=flow_log["FlowLogId"],
            vpc_id=flow_log["ResourceId"],
            traffic=flow_log["TrafficType"],
            log_group=flow_log.get("LogGroupName", ""),
            role=flow_log.get("DeliverLogsPermissionArn", ""),
            interval=flow_log.get("MaxAggregationInterval", 600),
            failing=_failing(flow_log),
            tags=from_tag_list(flow_log.get("Tags", [])),
        )


def _failing(flow_log: FlowLogTypeDef) -> str:
    """Return AWS's reason for a failed delivery, such as `Access error`; empty if it works."""
    failed = flow_log.get("DeliverLogsStatus") == "FAILED"
    return flow_log.get("DeliverLogsErrorMessage", "no reason given") if failed else ""


def _raise_refused(operation: str, refused: Sequence[UnsuccessfulItemTypeDef]) -> None:
    """Raise `ClientError` for a refused item: EC2 answers 200 and lists what it did not do.

    To delete an item that does not exist is no error.
    """
    for item in refused:
        error = item["Error"]
        if not is_not_found(error["Code"]) or operation == "CreateFlowLogs":
            raise ClientError(
                {"Error": {"Code": error["Code"], "Message": error["Message"]}}, operation
            )
