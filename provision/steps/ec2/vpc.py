"""The VPC, which contains the stack's other resources of EC2: no internet gateway, no NAT."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from provision.aws.client import Aws
from provision.aws.concurrency import read_pool
from provision.model import iam
from provision.model.risks import Impact, Risk, Risks
from provision.model.step import Fixed
from provision.steps.ec2 import default_security_group
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
from provision.steps.ec2.foreign_resources import LOOKS_IN_VPC, refuse_foreign_in_vpc
from provision.steps.foreign import mark_of
from provision.steps.tagging import from_tag_list, tag_specifications

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import VpcTypeDef

AVAILABLE_BUDGET = 300


@dataclass(frozen=True, kw_only=True)
class Vpc(Ec2Resource):
    """A VPC.

    `dns`: both the resolver and names for hosts. `open_rules`: the rules of its default security
    group, in words; none are wanted.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpc.html
    """

    KIND = "ec2.vpc"
    RISKS = Risks(
        recreate=(
            # Lambda creates new interfaces before a version is published and the alias moves.
            Risk(
                Impact.DOWNTIME, "functions cannot reach the tables until they have moved", 60, 600
            ),  # (L6)
            OLD_INTERFACES,
        )
    )
    API_CALLS = iam.ApiCalls(
        read=(
            *iam.calls("ec2", iam.ANY_RESOURCE, "DescribeSecurityGroups", "DescribeVpcs"),
            *iam.calls("ec2", ec2_arn("vpc"), "DescribeVpcAttribute"),
        ),
        write=(
            iam.call("ec2.CreateVpc", *create_permissions("CreateVpc", "vpc")),
            *iam.calls("ec2", ec2_arn("vpc"), "ModifyVpcAttribute", when=(iam.OWNED,)),
            *default_security_group.CALLS,
            *tag_update_calls("vpc"),
        ),
        delete=(*iam.calls("ec2", ec2_arn("vpc"), "DeleteVpc", when=(iam.OWNED,)), *LOOKS_IN_VPC),
    )

    cidr: Fixed[str]
    dns: bool = True
    open_rules: tuple[str, ...] = ()

    def describe(self, aws: Aws) -> Sequence[Self]:
        return [self._with_insides(aws, vpc) for vpc in self._settled(aws)]

    def create(self, aws: Aws) -> Self:
        answer = aws.ec2.create_vpc(
            CidrBlock=self.cidr, TagSpecifications=tag_specifications("vpc", self.tags)
        )
        made = replace(self, id=answer["Vpc"]["VpcId"])
        aws.new_ids.add(made.id)
        self._set_dns(aws, made.id)
        default_security_group.close(aws, made.id)
        return made

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        if "dns" in changed:
            self._set_dns(aws, have.id)
        if "open_rules" in changed:
            default_security_group.close(aws, have.id)
        if "tags" in changed:
            self.update_tags(aws, have)
        return replace(self, id=have.id)

    def delete(self, aws: Aws) -> None:
        refuse_foreign_in_vpc(aws, self.label, mark_of(self.owner), self.id)
        # AWS deletes its own security group, route table and network ACL with it (V15).
        with deleting(aws, self.id):
            aws.ec2.delete_vpc(VpcId=self.id)

    def _find(self, aws: Aws) -> Sequence[VpcTypeDef]:
        if self.id:
            return describe_or_empty(
                lambda: aws.ec2.describe_vpcs(VpcIds=[self.id]).get("Vpcs", [])
            )
        pages = aws.ec2.get_paginator("describe_vpcs").paginate(Filters=owner_filter(self.owner))
        return [one for page in pages for one in page.get("Vpcs", [])]

    def _settled(self, aws: Aws) -> Sequence[Self]:
        """Wait until none of the candidates is pending, and return them."""

        def settled() -> Sequence[Self] | None:
            found = self._find(aws)
            if any(vpc["State"] == "pending" for vpc in found):
                return None
            return [
                replace(
                    self,
                    id=vpc["VpcId"],
                    cidr=vpc["CidrBlock"],
                    tags=from_tag_list(vpc.get("Tags", [])),
                )
                for vpc in found
            ]

        return aws.wait(f"{self.label} to be available", settled, budget=AVAILABLE_BUDGET)

    def _with_insides(self, aws: Aws, vpc: Self) -> Self:
        """Return the VPC with `dns` and `open_rules`. AWS describes one attribute per call (V8)."""
        ask = aws.ec2.describe_vpc_attribute
        with read_pool() as pool:
            resolver = pool.submit(ask, VpcId=vpc.id, Attribute="enableDnsSupport")
            names = pool.submit(ask, VpcId=vpc.id, Attribute="enableDnsHostnames")
            rules = pool.submit(default_security_group.open_rules, aws, vpc.id)
        both = {
            resolver.result()["EnableDnsSupport"]["Value"],
            names.result()["EnableDnsHostnames"]["Value"],
        }
        dns = self.dns if both == {self.dns} else not self.dns
        return replace(vpc, dns=dns, open_rules=rules.result())

    def _set_dns(self, aws: Aws, vpc_id: str) -> None:
        """Set both attributes, one per call (V8).

        Names need the resolver, so it is switched on first and off last.
        """
        if self.dns:
            aws.ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsSupport={"Value": True})
        aws.ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsHostnames={"Value": self.dns})
        if not self.dns:
            aws.ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsSupport={"Value": False})
