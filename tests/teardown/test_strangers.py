"""Somebody else's things in our network are named at once and left alone; nobody waits for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from provision.aws import Aws
from provision.errors import Occupied
from provision.graph import Stack
from provision.step import OWNER
from provision.steps.security_group import SecurityGroup
from provision.steps.subnet import Subnet
from provision.steps.vpc import Vpc
from tests.virtual import VirtualClock
from tests.workshop import Recorder, Workshop, empty


def network() -> Stack:
    stack = empty()
    vpc = stack.add("vpc", lambda: Vpc(cidr="10.20.0.0/24", tags={"Name": "tap-dev"}))
    stack.add(
        "subnet",
        lambda made: Subnet(
            vpc_id=made.id, cidr="10.20.0.0/25", zone="us-east-1a", tags={"Name": "tap-dev-1"}
        ),
        vpc,
    )
    stack.add(
        "group",
        lambda made: SecurityGroup(
            vpc_id=made.id, name="tap-dev-g", description="x", ingress=(), egress=(), tags={}
        ),
        vpc,
    )
    return stack


def interface(ids: dict[str, str]) -> str:
    made = boto3.client("ec2").create_network_interface(
        SubnetId=ids["subnet"], Groups=[ids["group"]], Description="bastion"
    )
    return f"network interface {made['NetworkInterface']['NetworkInterfaceId']} (bastion)"


def subnet(ids: dict[str, str]) -> str:
    made = boto3.client("ec2").create_subnet(
        VpcId=ids["vpc"],
        CidrBlock="10.20.0.128/25",
        TagSpecifications=[
            {"ResourceType": "subnet", "Tags": [{"Key": OWNER, "Value": "tap-dev-2/subnet"}]}
        ],
    )
    return f"subnet {made['Subnet']['SubnetId']} of tap-dev-2/subnet"


def group(ids: dict[str, str]) -> str:
    made = boto3.client("ec2").create_security_group(
        VpcId=ids["vpc"], GroupName="theirs", Description="x"
    )
    return f"security group {made['GroupId']} (theirs)"


def gateway(ids: dict[str, str]) -> str:
    made = boto3.client("ec2").create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    boto3.client("ec2").attach_internet_gateway(InternetGatewayId=made, VpcId=ids["vpc"])
    return f"internet gateway {made}"


@dataclass
class TimedWorkshop(Workshop):
    """All its runs in one time."""

    clock: VirtualClock = field(default_factory=VirtualClock)

    def connect(self, recorder: Recorder) -> Aws:
        aws = super().connect(recorder)
        aws.clock = self.clock
        return aws


@pytest.fixture
def workshop(account: None, tmp_path: Path) -> TimedWorkshop:
    return TimedWorkshop(tmp_path / "state")


def made(workshop: Workshop) -> dict[str, str]:
    steps = workshop.run(network(), "up").steps
    return {node: str(vars(step)["id"]) for node, step in steps.items()}


@pytest.mark.parametrize(
    ("put", "stays"),
    [
        (interface, {"vpc", "subnet", "group"}),
        (subnet, {"vpc"}),
        (group, {"vpc"}),
        (gateway, {"vpc"}),
    ],
)
def test_a_stranger_is_named_at_once(
    workshop: TimedWorkshop, put: Callable[[dict[str, str]], str], stays: set[str]
) -> None:
    ids = made(workshop)
    stranger = put(ids)
    began = workshop.clock.now()
    with pytest.raises(Occupied) as caught:
        workshop.run(network(), "down")
    assert stranger in caught.value.message
    assert "remove that" in caught.value.hint
    assert workshop.clock.now() - began < 60
    ec2 = boto3.client("ec2")
    left = {
        "vpc": len(ec2.describe_vpcs(VpcIds=[ids["vpc"]])["Vpcs"]),
        "subnet": len(
            ec2.describe_subnets(Filters=[{"Name": "subnet-id", "Values": [ids["subnet"]]}])[
                "Subnets"
            ]
        ),
        "group": len(
            ec2.describe_security_groups(Filters=[{"Name": "group-id", "Values": [ids["group"]]}])[
                "SecurityGroups"
            ]
        ),
    }
    assert {node for node, count in left.items() if count} == stays


def test_where_looking_is_denied_the_removal_goes_on(workshop: Workshop) -> None:
    class Denied(Recorder):
        def _before(self, model: Any, **more: Any) -> None:
            if model.name == "DescribeInternetGateways":
                error = {"Error": {"Code": "UnauthorizedOperation", "Message": "not you"}}
                raise ClientError(error, model.name)  # type: ignore[arg-type]
            super()._before(model, **more)

    ids = made(workshop)
    workshop.run(network(), "down", recorder=Denied())
    shown = boto3.client("ec2").describe_vpcs()["Vpcs"]
    assert ids["vpc"] not in {vpc["VpcId"] for vpc in shown}
