"""The law of interface endpoints: a naive client is too early, twice; ours is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from provision.errors import PrerequisiteMissing
from provision.model.stack import Stack
from provision.plan.plan import Plan
from provision.steps.ec2.interface_endpoint import InterfaceEndpoint
from provision.steps.ec2.security_group import SecurityGroup
from provision.steps.ec2.subnet import Subnet
from provision.steps.ec2.vpc import Vpc
from provision.steps.iam_policy import canonical
from provision.workflows.endpoint_services import check_endpoint_services
from tests.faults.aws_behaviours.conftest import Session, naive, ours
from tests.faults.aws_behaviours.harness import under
from tests.faults.aws_behaviours.rules import network as laws
from tests.support.harness import empty

SERVICE = "com.amazonaws.us-east-1.ssm"


def a_stack(zone: str = "us-east-1a") -> Stack:
    stack = empty()
    vpc = stack.add("vpc", lambda _: Vpc(cidr="10.20.0.0/24", tags={}))
    subnet = stack.add(
        "subnet",
        lambda get: Subnet(vpc_id=get(vpc).id, cidr="10.20.0.0/25", zone=zone, tags={}),
        needs=[vpc],
    )
    group = stack.add(
        "group",
        lambda get: SecurityGroup(vpc_id=get(vpc).id, name="ways", description="x", tags={}),
        needs=[vpc],
    )
    stack.add(
        "way",
        lambda get: InterfaceEndpoint(
            vpc_id=get(vpc).id,
            service=SERVICE,
            subnet_ids=(get(subnet).id,),
            group_ids=(get(group).id,),
            policy=canonical({"Version": "2012-10-17", "Statement": []}),
            tags={},
        ),
        needs=[vpc, subnet, group],
    )
    return stack


def test_v11_its_interfaces_outlive_it_and_hold_the_network(court: Session) -> None:
    held = court(laws.EndpointsTakeTheirTime())
    client = naive(held, "ec2")
    vpc = client.create_vpc(CidrBlock="10.30.0.0/24")["Vpc"]["VpcId"]
    subnet = client.create_subnet(VpcId=vpc, CidrBlock="10.30.0.0/25")["Subnet"]["SubnetId"]
    group = client.create_security_group(VpcId=vpc, GroupName="naive", Description="x")["GroupId"]
    made = client.create_vpc_endpoint(
        VpcEndpointType="Interface",
        VpcId=vpc,
        ServiceName=SERVICE,
        SubnetIds=[subnet],
        SecurityGroupIds=[group],
        PrivateDnsEnabled=False,
    )["VpcEndpoint"]
    assert made["State"] == "pending"
    held.clock.sleep(180)

    def state() -> str:
        (shown,) = client.describe_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])[
            "VpcEndpoints"
        ]
        return str(shown["State"])

    assert state() == "available"
    client.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])
    assert state() == "deleting"
    with pytest.raises(ClientError, match="DependencyViolation"):
        client.delete_subnet(SubnetId=subnet)
    with pytest.raises(ClientError, match="DependencyViolation"):
        client.delete_security_group(GroupId=group)
    with pytest.raises(ClientError, match="DependencyViolation"):
        client.delete_vpc(VpcId=vpc)
    held.clock.sleep(300)
    assert state() == "deleted"
    client.delete_subnet(SubnetId=subnet)


@pytest.mark.parametrize("seed", [0, 1])
def test_ours_waits_until_it_is_there_and_until_it_is_gone(
    court: Session, tmp_path: Path, seed: int
) -> None:
    held = court(laws.EndpointsTakeTheirTime(), seed=seed)
    shop, stack = under(held, tmp_path), a_stack()
    began = held.clock.now()
    shop.run(stack, "up")
    assert 60 < held.clock.now() - began < 300
    shop.run(stack, "up")
    assert shop.last.writes == []
    began = held.clock.now()
    shop.run(stack, "down")
    assert 60 < held.clock.now() - began < 600
    assert held.refused("V11") == [], "nothing was asked for that had to be refused"
    names = {vpc["VpcId"] for vpc in naive(held, "ec2").describe_vpcs()["Vpcs"]}
    assert len(names) == 1, "the default one"


def test_v27_a_service_lacks_a_zone_and_ours_asks_before_it_makes_the_network(
    court: Session, tmp_path: Path
) -> None:
    held = court(laws.ServicesLackZones())
    client = naive(held, "ec2")
    vpc = client.create_vpc(CidrBlock="10.30.0.0/24")["Vpc"]["VpcId"]
    subnet = client.create_subnet(
        VpcId=vpc, CidrBlock="10.30.0.0/25", AvailabilityZone="us-east-1e"
    )["Subnet"]["SubnetId"]
    with pytest.raises(ClientError, match="does not support the availability zone of the subnet"):
        client.create_vpc_endpoint(
            VpcEndpointType="Interface", VpcId=vpc, ServiceName=SERVICE, SubnetIds=[subnet]
        )
    shop = under(held, tmp_path)
    seen = shop.run(a_stack("us-east-1e"), "plan")
    sent = len(held.refused("V27"))
    with pytest.raises(PrerequisiteMissing, match=f"{SERVICE} has no endpoint in us-east-1e"):
        check_endpoint_services(ours(held), Plan(seen.changes))
    assert len(held.refused("V27")) == sent
    check_endpoint_services(ours(held), Plan(shop.run(a_stack(), "plan").changes))
