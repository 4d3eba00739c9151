"""The subnet: the contract, in a VPC of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from provision.model.step import Step
from provision.steps.ec2.subnet import Subnet
from tests.support.harness import Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract


class TestSubnet(StepContract):
    edits: ClassVar = {"public": True, "tags": {"Name": "tap-dev-private-1", "team": "b"}}
    refused_twice = "InvalidSubnet.Conflict"
    fixed_edits: ClassVar = {"cidr": "10.20.0.128/25"}

    def given(self, aws: Any) -> Step:
        return make_subnet(aws)


def make_subnet(aws: Any) -> Subnet:
    vpc_id = aws.ec2.create_vpc(CidrBlock="10.20.0.0/24")["Vpc"]["VpcId"]
    return Subnet(
        vpc_id=vpc_id,
        cidr="10.20.0.0/25",
        zone="us-east-1b",
        tags={"Name": "tap-dev-private-1"},
    )


def test_its_arn_is_what_policies_name(workshop: Workshop) -> None:
    made = workshop.run(one_node(make_subnet(new_aws())), "up").resources["it"]
    assert isinstance(made, Subnet)
    assert made.arn == f"arn:aws:ec2:us-east-1:123456789012:subnet/{made.id}"
    (found,) = new_aws().ec2.describe_subnets(SubnetIds=[made.id])["Subnets"]
    assert found["SubnetArn"] == made.arn
    assert found["AvailabilityZone"] == "us-east-1b"
    assert not found["MapPublicIpOnLaunch"]


def test_where_it_stands_is_read_and_not_remembered(workshop: Workshop) -> None:
    made = workshop.run(one_node(make_subnet(new_aws())), "up").resources["it"]
    assert isinstance(made, Subnet)
    assert replace(made, vpc_id="vpc-1", zone="us-east-1f").observe(new_aws()) == made
