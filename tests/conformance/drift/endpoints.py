"""Drift of the endpoints to the services that keep secrets, by another client's calls to EC2."""

from __future__ import annotations

from typing import Final

from provision.aws.client import Aws
from provision.steps.ec2.interface_endpoint import InterfaceEndpoint
from tests.conformance.drift.case import GONE, Case
from tests.conformance.drift.networks import delete_endpoint, let_everything_pass, tag


def leave_a_subnet(aws: Aws, endpoint: InterfaceEndpoint) -> None:
    """ModifyVpcEndpoint: out of one subnet"""
    aws.ec2.modify_vpc_endpoint(
        VpcEndpointId=endpoint.id, RemoveSubnetIds=list(endpoint.subnet_ids[:1])
    )


def enter_a_subnet(aws: Aws, endpoint: InterfaceEndpoint) -> None:
    """CreateSubnet in a third zone, ModifyVpcEndpoint: into it as well"""
    made = aws.ec2.create_subnet(
        VpcId=endpoint.vpc_id,
        CidrBlock="10.20.0.240/28",
        AvailabilityZone=f"{aws.location.region}c",
    )["Subnet"]["SubnetId"]
    aws.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint.id, AddSubnetIds=[made])


def open_the_door(aws: Aws, endpoint: InterfaceEndpoint) -> None:
    """ModifyVpcEndpoint: into the VPC's default group as well"""
    aws.ec2.modify_vpc_endpoint(
        VpcEndpointId=endpoint.id, AddSecurityGroupIds=[_default_group(aws, endpoint)]
    )


def change_the_door(aws: Aws, endpoint: InterfaceEndpoint) -> None:
    """ModifyVpcEndpoint: into the VPC's default group instead"""
    aws.ec2.modify_vpc_endpoint(
        VpcEndpointId=endpoint.id,
        AddSecurityGroupIds=[_default_group(aws, endpoint)],
        RemoveSecurityGroupIds=list(endpoint.group_ids),
    )


def _default_group(aws: Aws, endpoint: InterfaceEndpoint) -> str:
    (group,) = aws.ec2.describe_security_groups(
        Filters=[
            {"Name": "vpc-id", "Values": [endpoint.vpc_id]},
            {"Name": "group-name", "Values": ["default"]},
        ]
    )["SecurityGroups"]
    return group["GroupId"]


def take_the_name(aws: Aws, endpoint: InterfaceEndpoint) -> None:
    """ModifyVpcEndpoint: the service's name does not lead to it"""
    aws.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint.id, PrivateDnsEnabled=False)


ENDPOINT: Final = "network.secrets.ssm"

CASES: Final = (
    Case(ENDPOINT, "tags", tag),
    Case(ENDPOINT, "policy", let_everything_pass),
    Case(ENDPOINT, "subnet_ids", leave_a_subnet),
    Case(ENDPOINT, "subnet_ids", enter_a_subnet),
    Case(ENDPOINT, "group_ids", open_the_door),
    Case(ENDPOINT, "group_ids", change_the_door),
    Case(ENDPOINT, "names", take_the_name),
    Case(ENDPOINT, GONE, delete_endpoint, alone=True),
)

REASONS: Final = {
    "ec2.interface_endpoint": {
        "vpc_id": "An endpoint stays in the VPC it was made in.",
        "service": "An endpoint stays one to the service it was made for; deleted, it is gone.",
        "state": "Only AWS says it, of an endpoint that it failed to make.",
    },
}
