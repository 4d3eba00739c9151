"""The interface endpoint: a path to one AWS service, by an address in each private subnet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self
from uuid import uuid4

from provision.aws.client import Aws
from provision.model import iam
from provision.model.capabilities import HasOwnRisks
from provision.model.risks import Impact, Risk, Risks
from provision.model.step import Local, Replacement
from provision.steps.ec2.base import create_permissions, ec2_arn, tag_update_calls
from provision.steps.ec2.endpoint import AVAILABLE_BUDGET, GONE_BUDGET, Endpoint
from provision.steps.iam_policy import as_text
from provision.steps.tagging import tag_specifications

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import VpcEndpointTypeDef

_PLACES: Final = (ec2_arn("subnet", "{subnet_ids}"), ec2_arn("security-group", "{group_ids}"))
_NAMES: Final = iam.Permission(
    "route53:AssociateVPCWithHostedZone",
    # AWS creates the zone of the service's names with the endpoint, and owns it.
    (iam.arn("route53", "hostedzone/*", region=False, account=False),),
    (
        iam.Condition(
            "ForAllValues:StringLike", "route53:VPCs", "VPCId={vpc_id},VPCRegion={region}"
        ),
    ),
)
_HOURS: Final = 730
"""The hours of a month."""
_COMING: Final = Risk(Impact.SLOW, "AWS puts an address into every subnet", 60, AVAILABLE_BUDGET)
_GOING: Final = Risk(Impact.SLOW, "AWS takes its addresses out of the subnets", 60, GONE_BUDGET)


@dataclass(frozen=True, kw_only=True)
class InterfaceEndpoint(Endpoint, HasOwnRisks):
    """An interface endpoint.

    `zones`: how many subnets it is to be in, also before these exist. `names`: whether the
    service's public name leads to it inside the VPC, so that clients need no configuration. This
    requires DNS in the VPC.

    https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html
    """

    KIND = "ec2.interface_endpoint"
    REPLACEMENT = Replacement.DELETE_FIRST  # only one per VPC may have the service's name (V27)
    RISKS = Risks(
        recreate=(_COMING,),
        delete=(Risk(Impact.DOWNTIME, "the service cannot be reached"), _GOING),
        downtime="the service cannot be reached until its successor exists",
    )
    API_CALLS = iam.ApiCalls(
        read=iam.calls("ec2", iam.ANY_RESOURCE, "DescribeVpcEndpoints"),
        write=(
            iam.call(
                "ec2.CreateVpcEndpoint",
                *create_permissions("CreateVpcEndpoint", "vpc-endpoint"),
                iam.Permission(
                    "ec2:CreateVpcEndpoint", (ec2_arn("vpc", "{vpc_id}"), *_PLACES), (iam.OWNED,)
                ),
                _NAMES,
            ),
            iam.call(
                "ec2.ModifyVpcEndpoint",
                iam.Permission(
                    "ec2:ModifyVpcEndpoint", (ec2_arn("vpc-endpoint"), *_PLACES), (iam.OWNED,)
                ),
            ),
            *tag_update_calls("vpc-endpoint"),
        ),
        delete=iam.calls("ec2", ec2_arn("vpc-endpoint"), "DeleteVpcEndpoints", when=(iam.OWNED,)),
    )

    subnet_ids: tuple[str, ...]
    group_ids: tuple[str, ...]
    names: bool = True
    zones: Local[int] = 0

    def own_risks(self, have: Self | None) -> Sequence[Risk]:
        """Return what AWS charges for: each zone, by the hour, whether it is used or not."""
        more = self.zones - (len(have.subnet_ids) if have else 0)
        if more <= 0:
            return ()
        told = f"AWS charges for each zone by the hour: {more} x {_HOURS} hours a month"
        return (Risk(Impact.COST, told),)

    def create(self, aws: Aws) -> Self:
        answer = aws.ec2.create_vpc_endpoint(
            VpcEndpointType="Interface",
            VpcId=self.vpc_id,
            ServiceName=self.service,
            SubnetIds=list(self.subnet_ids),
            SecurityGroupIds=list(self.group_ids),
            PrivateDnsEnabled=self.names,
            PolicyDocument=as_text(self.policy),  # without one, AWS allows everything (V9)
            ClientToken=uuid4().hex,  # the SDK does not fill it in (X2)
            TagSpecifications=tag_specifications("vpc-endpoint", self.tags),
        )
        made = replace(self, id=answer["VpcEndpoint"]["VpcEndpointId"])
        aws.new_ids.add(made.id)
        made.describe(aws)  # waits: its names lead nowhere until it is available (V9)
        return made

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        subnets, groups = set(self.subnet_ids), set(self.group_ids)
        if set(changed) - {"tags"}:
            aws.ec2.modify_vpc_endpoint(
                VpcEndpointId=have.id,
                AddSubnetIds=sorted(subnets - set(have.subnet_ids)),
                RemoveSubnetIds=sorted(set(have.subnet_ids) - subnets),
                AddSecurityGroupIds=sorted(groups - set(have.group_ids)),
                RemoveSecurityGroupIds=sorted(set(have.group_ids) - groups),
                PrivateDnsEnabled=self.names,
                PolicyDocument=as_text(self.policy),
            )
        if "tags" in changed:
            self.update_tags(aws, have)
        return replace(self, id=have.id)

    def led_by(self, endpoint: VpcEndpointTypeDef) -> Self:
        groups = [group.get("GroupId", "") for group in endpoint.get("Groups", [])]
        return replace(
            self,
            subnet_ids=tuple(sorted(endpoint.get("SubnetIds", []))),
            group_ids=tuple(sorted(groups)),
            names=endpoint.get("PrivateDnsEnabled", False),
        )
