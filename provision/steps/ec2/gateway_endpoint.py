"""The gateway endpoint: the path from private subnets to DynamoDB or S3, limited by a policy."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self
from uuid import uuid4

from provision.aws.client import Aws
from provision.model import iam
from provision.model.risks import Impact, Risk, Risks
from provision.steps.ec2.base import create_permissions, ec2_arn, tag_update_calls
from provision.steps.ec2.endpoint import Endpoint
from provision.steps.iam_policy import as_text
from provision.steps.tagging import tag_specifications

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import VpcEndpointTypeDef

_TABLES: Final = ec2_arn("route-table", "{route_table_ids}")


@dataclass(frozen=True, kw_only=True)
class GatewayEndpoint(Endpoint):
    """A gateway endpoint and its route tables.

    https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
    """

    KIND = "ec2.gateway_endpoint"
    RISKS = Risks(
        recreate=(Risk(Impact.DOWNTIME, "functions cannot reach the service until it exists"),),
        delete=(Risk(Impact.DOWNTIME, "functions cannot reach the service"),),
    )
    API_CALLS = iam.ApiCalls(
        read=iam.calls("ec2", iam.ANY_RESOURCE, "DescribeVpcEndpoints"),
        write=(
            iam.call(
                "ec2.CreateVpcEndpoint",
                *create_permissions("CreateVpcEndpoint", "vpc-endpoint"),
                iam.Permission(
                    "ec2:CreateVpcEndpoint", (ec2_arn("vpc", "{vpc_id}"), _TABLES), (iam.OWNED,)
                ),
            ),
            iam.call(
                "ec2.ModifyVpcEndpoint",
                iam.Permission(
                    "ec2:ModifyVpcEndpoint", (ec2_arn("vpc-endpoint"), _TABLES), (iam.OWNED,)
                ),
            ),
            *tag_update_calls("vpc-endpoint"),
        ),
        delete=iam.calls("ec2", ec2_arn("vpc-endpoint"), "DeleteVpcEndpoints", when=(iam.OWNED,)),
    )

    route_table_ids: tuple[str, ...]

    def create(self, aws: Aws) -> Self:
        answer = aws.ec2.create_vpc_endpoint(
            VpcEndpointType="Gateway",
            VpcId=self.vpc_id,
            ServiceName=self.service,
            RouteTableIds=list(self.route_table_ids),
            PolicyDocument=as_text(self.policy),  # without one, AWS allows everything (V9)
            ClientToken=uuid4().hex,  # the SDK does not fill it in (X2)
            TagSpecifications=tag_specifications("vpc-endpoint", self.tags),
        )
        made = replace(self, id=answer["VpcEndpoint"]["VpcEndpointId"])
        aws.new_ids.add(made.id)
        return made

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        if "route_table_ids" in changed:
            aws.ec2.modify_vpc_endpoint(
                VpcEndpointId=have.id,
                AddRouteTableIds=sorted(set(self.route_table_ids) - set(have.route_table_ids)),
                RemoveRouteTableIds=sorted(set(have.route_table_ids) - set(self.route_table_ids)),
            )
        if "policy" in changed:
            aws.ec2.modify_vpc_endpoint(VpcEndpointId=have.id, PolicyDocument=as_text(self.policy))
        if "tags" in changed:
            self.update_tags(aws, have)
        return replace(self, id=have.id)

    def led_by(self, endpoint: VpcEndpointTypeDef) -> Self:
        return replace(self, route_table_ids=tuple(sorted(endpoint.get("RouteTableIds", []))))
