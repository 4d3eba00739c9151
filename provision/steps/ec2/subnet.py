"""The private subnet, in one availability zone; functions use two of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from provision.aws.client import Aws
from provision.model import iam
from provision.model.risks import Risks
from provision.model.step import Computed, Fixed, Local
from provision.steps.ec2.base import (
    OLD_INTERFACES,
    Ec2Resource,
    create_permissions,
    deleting,
    describe_or_empty,
    ec2_arn,
    owner_filter,
    tag_update_calls,
)
from provision.steps.ec2.foreign_resources import (
    LOOKS,
    interfaces_in,
    is_lambda_interface,
    refuse_foreign_interfaces,
)
from provision.steps.ec2.network_interfaces import INTERFACE_CALLS, wait_for_interfaces
from provision.steps.foreign import mark_of
from provision.steps.tagging import from_tag_list, tag_specifications

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import SubnetTypeDef

AVAILABLE_BUDGET = 300


@dataclass(frozen=True, kw_only=True)
class Subnet(Ec2Resource):
    """A subnet of the VPC.

    `public`: whether resources started in it get a public address. `functions`: the names of the
    functions that use it, among other subnets.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html
    """

    KIND = "ec2.subnet"
    RISKS = Risks(recreate=(OLD_INTERFACES,), delete=(OLD_INTERFACES,))
    API_CALLS = iam.ApiCalls(
        read=iam.calls("ec2", iam.ANY_RESOURCE, "DescribeSubnets"),
        write=(
            iam.call(
                "ec2.CreateSubnet",
                *create_permissions("CreateSubnet", "subnet"),
                iam.Permission("ec2:CreateSubnet", (ec2_arn("vpc", "{vpc_id}"),), (iam.OWNED,)),
            ),
            *iam.calls("ec2", ec2_arn("subnet"), "ModifySubnetAttribute", when=(iam.OWNED,)),
            *tag_update_calls("subnet"),
        ),
        delete=(
            *iam.calls("ec2", ec2_arn("subnet"), "DeleteSubnet", when=(iam.OWNED,)),
            *INTERFACE_CALLS,
            *LOOKS,
        ),
        computed={"arn": ec2_arn("subnet")},
    )

    vpc_id: Fixed[str]
    cidr: Fixed[str]
    zone: Fixed[str]
    public: bool = False
    functions: Local[tuple[str, ...]] = ()
    arn: Computed[str] = ""

    def describe(self, aws: Aws) -> Sequence[Self]:
        def settled() -> Sequence[Self] | None:
            found = self._find(aws)
            if any(subnet["State"] == "pending" for subnet in found):
                return None
            return [self._from_aws(aws, subnet) for subnet in found]

        return aws.wait(f"{self.label} to be available", settled, budget=AVAILABLE_BUDGET)

    def create(self, aws: Aws) -> Self:
        answer = aws.ec2.create_subnet(
            VpcId=self.vpc_id,
            CidrBlock=self.cidr,
            AvailabilityZone=self.zone,
            TagSpecifications=tag_specifications("subnet", self.tags),
        )
        made = answer["Subnet"]["SubnetId"]
        aws.new_ids.add(made)
        if self.public:  # AWS creates it private
            self._set_public(aws, made)
        return replace(self, id=made, arn=_arn(aws, made))

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        if "public" in changed:
            self._set_public(aws, have.id)
        if "tags" in changed:
            self.update_tags(aws, have)
        return replace(self, id=have.id, arn=have.arn)

    def delete(self, aws: Aws) -> None:
        standing = interfaces_in(aws, "subnet-id", self.id)
        refuse_foreign_interfaces(aws, self.label, mark_of(self.owner), standing)
        if any(map(is_lambda_interface, standing)):  # of functions that left only this subnet (E1)
            wait_for_interfaces(aws, self.functions, "subnet-id", self.id)
        with deleting(aws, self.id):
            aws.ec2.delete_subnet(SubnetId=self.id)

    def _find(self, aws: Aws) -> Sequence[SubnetTypeDef]:
        if self.id:
            return describe_or_empty(
                lambda: aws.ec2.describe_subnets(SubnetIds=[self.id]).get("Subnets", [])
            )
        pages = aws.ec2.get_paginator("describe_subnets").paginate(Filters=owner_filter(self.owner))
        return [one for page in pages for one in page.get("Subnets", [])]

    def _set_public(self, aws: Aws, subnet_id: str) -> None:
        aws.ec2.modify_subnet_attribute(
            SubnetId=subnet_id, MapPublicIpOnLaunch={"Value": self.public}
        )

    def _from_aws(self, aws: Aws, subnet: SubnetTypeDef) -> Self:
        return replace(
            self,
            id=subnet["SubnetId"],
            arn=_arn(aws, subnet["SubnetId"]),
            vpc_id=subnet["VpcId"],
            cidr=subnet["CidrBlock"],
            zone=subnet["AvailabilityZone"],
            public=subnet.get("MapPublicIpOnLaunch", False),
            tags=from_tag_list(subnet.get("Tags", [])),
        )


def _arn(aws: Aws, subnet_id: str) -> str:
    return aws.location.arn("ec2", f"subnet/{subnet_id}")
