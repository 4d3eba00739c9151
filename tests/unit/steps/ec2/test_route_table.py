"""The route table: the contract, foreign routes, and subnets associated with another table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import pytest

from provision.model.step import Step
from provision.plan.change import Action
from provision.steps.ec2.route_table import RouteTable
from tests.support.harness import Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract


class TestRouteTable(StepContract):
    drift_only = frozenset({"routes"})
    edits: ClassVar = {"subnet_ids": (), "tags": {"Name": "tap-dev-private", "team": "b"}}

    def given(self, aws: Any) -> Step:
        return make_table(aws)


def make_table(aws: Any) -> RouteTable:
    vpc_id = aws.ec2.create_vpc(CidrBlock="10.20.0.0/24")["Vpc"]["VpcId"]
    subnets = [
        aws.ec2.create_subnet(VpcId=vpc_id, CidrBlock=cidr)["Subnet"]["SubnetId"]
        for cidr in ("10.20.0.0/25", "10.20.0.128/25")
    ]
    return RouteTable(
        vpc_id=vpc_id, subnet_ids=tuple(sorted(subnets)), tags={"Name": "tap-dev-private"}
    )


def test_a_way_out_is_seen_and_closed(workshop: Workshop) -> None:
    want = make_table(new_aws())
    made = workshop.run(one_node(want), "up").resources["it"]
    assert isinstance(made, RouteTable)
    ec2 = new_aws().ec2
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=want.vpc_id)
    ec2.create_route(RouteTableId=made.id, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.create_route(RouteTableId=made.id, DestinationIpv6CidrBlock="::/0", GatewayId=gateway)
    (diff,) = workshop.run(one_node(want), "up").changes["it"].diffs
    assert diff.field == "routes"
    assert diff.have == (f"0.0.0.0/0 {gateway}", f"::/0 {gateway}")
    assert workshop.last.writes == ["DeleteRoute", "DeleteRoute"]
    assert workshop.run(one_node(want), "up").changes["it"].action is Action.KEEP


def test_an_endpoints_route_is_its_own(workshop: Workshop) -> None:
    want = make_table(new_aws())
    made = workshop.run(one_node(want), "up").resources["it"]
    assert isinstance(made, RouteTable)
    ec2 = new_aws().ec2
    ec2.create_vpc_endpoint(
        VpcId=want.vpc_id,
        ServiceName="com.amazonaws.us-east-1.dynamodb",
        RouteTableIds=[made.id],
    )
    (table,) = ec2.describe_route_tables(RouteTableIds=[made.id])["RouteTables"]
    assert len(table["Routes"]) == 2
    assert workshop.run(one_node(want), "up").changes["it"].action is Action.KEEP


@pytest.mark.usefixtures("one_item_a_page")
def test_a_subnet_is_taken_back_from_another_table(workshop: Workshop) -> None:
    want = make_table(new_aws())
    first, second = want.subnet_ids
    ec2 = new_aws().ec2
    other = ec2.create_route_table(VpcId=want.vpc_id)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=other, SubnetId=first)
    workshop.run(one_node(want), "up")
    assert "ReplaceRouteTableAssociation" in workshop.last.writes
    only = replace(want, subnet_ids=(second,))
    workshop.run(one_node(only), "up")
    assert workshop.last.writes == ["DisassociateRouteTable"]


def test_what_it_is_is_read_and_not_remembered(workshop: Workshop) -> None:
    made = workshop.run(one_node(make_table(new_aws())), "up").resources["it"]
    assert isinstance(made, RouteTable)
    assert replace(made, vpc_id="vpc-1", routes=("::/0 igw-1",)).observe(new_aws()) == made
