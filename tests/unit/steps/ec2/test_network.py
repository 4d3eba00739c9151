"""The network's steps together: created in order, moved to another range, and deleted in order."""

from __future__ import annotations

from typing import Any

import pytest

from provision.errors import InUseByOthers
from provision.model.stack import Stack
from provision.model.step import Step
from provision.plan.change import Action
from provision.steps.ec2.gateway_endpoint import GatewayEndpoint
from provision.steps.ec2.network_interfaces import NetworkInterfaces
from provision.steps.ec2.route_table import RouteTable
from provision.steps.ec2.security_group import Rule, SecurityGroup
from provision.steps.ec2.subnet import Subnet
from provision.steps.ec2.vpc import Vpc
from provision.steps.iam_policy import canonical
from tests.support.harness import Workshop, new_aws

DYNAMODB = "com.amazonaws.us-east-1.dynamodb"
POLICY = canonical({"Version": "2012-10-17", "Statement": []})


def network(prefix: str) -> Stack:
    """Return a VPC of 256 addresses whose range begins with this prefix."""
    stack = Stack("tap-dev")
    vpc = stack.add("vpc", lambda _: Vpc(cidr=f"{prefix}.0/24", tags={}))
    subnet = stack.add(
        "subnet",
        lambda get: Subnet(vpc_id=get(vpc).id, cidr=f"{prefix}.0/25", zone="us-east-1a", tags={}),
        needs=[vpc],
    )
    routes = stack.add(
        "routes",
        lambda get: RouteTable(vpc_id=get(vpc).id, subnet_ids=(get(subnet).id,), tags={}),
        needs=[vpc, subnet],
    )
    stack.add(
        "endpoint",
        lambda get: GatewayEndpoint(
            vpc_id=get(vpc).id,
            service=DYNAMODB,
            route_table_ids=(get(routes).id,),
            policy=POLICY,
            tags={},
        ),
        needs=[vpc, routes],
    )
    group = stack.add(
        "group",
        lambda get: SecurityGroup(
            vpc_id=get(vpc).id,
            name="tap-dev-functions",
            description="it",
            egress=(Rule("tcp", 443, 443, DYNAMODB),),
            tags={},
        ),
        needs=[vpc],
    )
    stack.add(
        "interfaces",
        lambda get: NetworkInterfaces(group_id=get(group).id),
        needs=[group],
        after=[subnet],
    )
    return stack


def ranges() -> set[str]:
    vpcs = new_aws().ec2.describe_vpcs()["Vpcs"]
    return {vpc["CidrBlock"] for vpc in vpcs if not vpc["IsDefault"]}


def leave_an_interface(subnet: Step, group: Step) -> None:
    """Create an interface as a deleted function leaves it."""
    assert isinstance(subnet, Subnet)
    assert isinstance(group, SecurityGroup)
    new_aws().ec2.create_network_interface(
        SubnetId=subnet.id, Groups=[group.id], Description="AWS Lambda VPC ENI-tap-dev-items-1"
    )


def test_up_again_writes_nothing_and_down_leaves_nothing(workshop: Workshop) -> None:
    made = workshop.run(network("10.1.0"), "up", workers=4).resources
    workshop.run(network("10.1.0"), "up")
    assert workshop.last.writes == []
    leave_an_interface(made["subnet"], made["group"])
    workshop.run(network("10.1.0"), "down")
    assert ranges() == set()
    order = workshop.last.writes
    assert order.index("DeleteNetworkInterface") < order.index("DeleteSecurityGroup")
    assert order.index("DeleteNetworkInterface") < order.index("DeleteSubnet")
    assert order[-1] == "DeleteVpc"


def test_another_range_is_made_before_the_old_one_goes(workshop: Workshop) -> None:
    made = workshop.run(network("10.1.0"), "up").resources
    leave_an_interface(made["subnet"], made["group"])
    outcome = workshop.run(network("10.2.0"), "up")
    assert outcome.changes["group"].action is Action.REPLACE
    assert ranges() == {"10.2.0.0/24"}
    writes = workshop.last.writes
    assert writes.index("CreateVpcEndpoint") < writes.index("DeleteVpcEndpoints")
    workshop.run(network("10.2.0"), "up")
    assert workshop.last.writes == []


def test_what_somebody_else_keeps_there_stops_down_and_is_told(workshop: Workshop) -> None:
    made: dict[str, Any] = workshop.run(network("10.1.0"), "up").resources
    vpc_id, subnet_id = made["vpc"].id, made["subnet"].id
    ec2 = new_aws().ec2
    theirs = ec2.create_security_group(GroupName="theirs", Description="it", VpcId=vpc_id)
    put = ec2.create_network_interface(SubnetId=subnet_id, Groups=[theirs["GroupId"]])
    interface = put["NetworkInterface"]["NetworkInterfaceId"]
    with pytest.raises(
        InUseByOthers, match=f"do not belong to this stack: network interface {interface}"
    ):
        workshop.run(network("10.1.0"), "down")
    assert ranges() == {"10.1.0.0/24"}
