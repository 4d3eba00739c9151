"""A gateway endpoint: the way from private subnets to DynamoDB, with a policy of what may pass."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self
from uuid import uuid4

from provision.aws import Aws
from provision.errors import Refused
from provision.hazards import Harm, Risk, Risks
from provision.permissions.declare import EVERY, OURS, Declared, Permit, call, calls
from provision.retry import is_absent
from provision.step import Document, Fixed
from provision.steps.ec2 import (
    Ec2Resource,
    already_gone,
    born,
    ec2_arn,
    owner_filter,
    retagging,
    unless_absent,
)
from provision.steps.policy import as_text, from_text
from provision.steps.tags import from_tag_list, tag_specifications

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import VpcEndpointTypeDef

AVAILABLE_BUDGET = 600  # V9
GONE_BUDGET = 600  # V11
_MOVING: Final = frozenset({"pending", "deleting"})
_TABLES: Final = ec2_arn("route-table", "{route_table_ids}")


@dataclass(frozen=True, kw_only=True)
class GatewayEndpoint(Ec2Resource):
    """`policy` in canonical form (policy.py). `state` is anything else than available only when AWS
    failed to make it; then it is replaced.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html
    """

    KIND = "ec2.gateway_endpoint"
    RISKS = Risks(
        anew=(Risk(Harm.DOWNTIME, "the tables cannot be reached until it is there"),),
        delete=(Risk(Harm.DOWNTIME, "the tables cannot be reached"),),
    )
    CALLS = Declared(
        look=calls("ec2", EVERY, "DescribeVpcEndpoints"),
        make=(
            call(
                "ec2.CreateVpcEndpoint",
                *born("CreateVpcEndpoint", "vpc-endpoint"),
                Permit("ec2:CreateVpcEndpoint", (ec2_arn("vpc", "{vpc_id}"), _TABLES), (OURS,)),
            ),
            call(
                "ec2.ModifyVpcEndpoint",
                Permit("ec2:ModifyVpcEndpoint", (ec2_arn("vpc-endpoint"), _TABLES), (OURS,)),
            ),
            *retagging("vpc-endpoint"),
        ),
        remove=calls("ec2", ec2_arn("vpc-endpoint"), "DeleteVpcEndpoints", when=(OURS,)),
    )

    vpc_id: Fixed[str]
    service: Fixed[str]
    route_table_ids: tuple[str, ...]
    policy: Document
    state: Fixed[str] = "available"

    def found(self, aws: Aws) -> Sequence[Self]:
        def settled() -> Sequence[Self] | None:
            found = self._find(aws)
            moving = any(_state(endpoint) in _MOVING for endpoint in found)
            return None if moving else [self._as_found(endpoint) for endpoint in found]

        return aws.wait(f"endpoint {self.label} to settle", settled, budget=AVAILABLE_BUDGET)

    def create(self, aws: Aws) -> Self:
        answer = aws.ec2.create_vpc_endpoint(
            VpcEndpointType="Gateway",
            VpcId=self.vpc_id,
            ServiceName=self.service,
            RouteTableIds=list(self.route_table_ids),
            PolicyDocument=as_text(self.policy),  # V9: left out, it would let everything pass
            ClientToken=uuid4().hex,  # X2: the SDK does not fill it in
            TagSpecifications=tag_specifications("vpc-endpoint", self.tags),
        )
        made = replace(self, id=answer["VpcEndpoint"]["VpcEndpointId"])
        aws.fresh.add(made.id)
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
            self.retag(aws, have)
        return replace(self, id=have.id)

    def delete(self, aws: Aws) -> None:
        with already_gone(aws, self.id):
            answer = aws.ec2.delete_vpc_endpoints(VpcEndpointIds=[self.id])
            for refusal in answer.get("Unsuccessful", []):  # V11: a refusal is no error to the SDK
                error = refusal.get("Error", {})
                if not is_absent(error.get("Code", "")):
                    raise Refused(
                        f"DeleteVpcEndpoints: {error.get('Code')}: {error.get('Message')}",
                        hint="mend the cause and run it again",
                    )
        aws.wait(  # V11: its routes and the VPC's dependency on it last until then
            f"endpoint {self.label} to be gone",
            lambda: None if self._find(aws) else True,
            budget=GONE_BUDGET,
        )

    def _find(self, aws: Aws) -> Sequence[VpcEndpointTypeDef]:
        ec2 = aws.ec2
        if self.id:
            found = unless_absent(
                lambda: ec2.describe_vpc_endpoints(VpcEndpointIds=[self.id])["VpcEndpoints"]
            )
        else:
            answer = ec2.describe_vpc_endpoints(Filters=owner_filter(self.owner))
            found = answer["VpcEndpoints"]
        return [endpoint for endpoint in found if _state(endpoint) != "deleted"]

    def _as_found(self, endpoint: VpcEndpointTypeDef) -> Self:
        text = endpoint.get("PolicyDocument")
        return replace(
            self,
            id=endpoint["VpcEndpointId"],
            vpc_id=endpoint["VpcId"],
            service=endpoint["ServiceName"],
            route_table_ids=tuple(sorted(endpoint.get("RouteTableIds", []))),
            policy=from_text(text) if text else {},  # V10
            state=_state(endpoint),
            tags=from_tag_list(endpoint.get("Tags", [])),
        )


def _state(endpoint: VpcEndpointTypeDef) -> str:
    """AWS documents the states in capitals and answers in small letters."""
    return endpoint["State"].lower()
