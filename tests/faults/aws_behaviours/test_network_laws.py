"""Laws of Lambda's interfaces and of tokens: a naive client fails under each, ours does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError

from provision.errors import WaitTimeout
from provision.model.stack import Get, Stack
from provision.steps.ec2.network_interfaces import NetworkInterfaces
from provision.steps.ec2.route_table import RouteTable
from provision.steps.ec2.security_group import Rule, SecurityGroup
from provision.steps.ec2.subnet import Subnet
from provision.steps.ec2.vpc import Vpc
from provision.steps.iam.role import Role
from provision.steps.lambda_.function import Function
from tests.faults.aws_behaviours.conftest import Session, naive, ours
from tests.faults.aws_behaviours.frame import Court
from tests.faults.aws_behaviours.harness import LawfulWorkshop, under
from tests.faults.aws_behaviours.rules import network as laws
from tests.support.harness import empty
from tests.unit.steps.lambda_world import NAME, a_role, with_code


class Placed(NamedTuple):
    """The network of a naive client's function."""

    vpc: str
    subnet: str
    group: str


def by_hand(held: Court, directory: Path) -> Placed:
    """Create a function in a network with a naive client, and return the network."""
    ec2 = naive(held, "ec2")
    vpc = ec2.create_vpc(CidrBlock="10.30.0.0/24")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.30.0.0/25")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(VpcId=vpc, GroupName="naive", Description="x")["GroupId"]
    path = directory / "naive.zip"
    path.write_bytes(b"PK\x05\x06" + bytes(18))
    naive(held, "lambda").create_function(
        FunctionName="naive",
        Role=a_role(ours(held), "naive"),
        Runtime="python3.13",
        Handler="app.handler",
        Code={"ZipFile": path.read_bytes()},
        VpcConfig={"SubnetIds": [subnet], "SecurityGroupIds": [group]},
    )
    return Placed(vpc, subnet, group)


def a_stack(directory: Path, *, leaves: bool = False) -> Stack:
    """Return a stack of a function in a network, or next to it, and the resources between them."""
    stack = empty()
    role = stack.add("role", lambda _: Role(name=NAME, service="lambda.amazonaws.com", tags={}))
    vpc = stack.add("vpc", lambda _: Vpc(cidr="10.20.0.0/24", tags={}))
    subnet = stack.add(
        "subnet",
        lambda get: Subnet(vpc_id=get(vpc).id, cidr="10.20.0.0/25", zone="us-east-1a", tags={}),
        needs=[vpc],
    )
    group = stack.add(
        "group",
        lambda get: SecurityGroup(
            vpc_id=get(vpc).id, name=NAME, description="x", ingress=(), egress=(), tags={}
        ),
        needs=[vpc],
    )
    interfaces = stack.add(
        "interfaces",
        lambda get: NetworkInterfaces(group_id=get(group).id),
        needs=[group],
        after=[subnet, role],
    )

    def function(get: Get) -> Function:
        plain = Function(
            name=NAME,
            runtime="python3.13",
            handler="app.handler",
            role=get(role).arn,
            code_sha256="",
            zip="",
            log_group=f"/aws/lambda/{NAME}",
            subnet_ids=() if leaves else (get(subnet).id,),
            group_ids=() if leaves else (get(group).id,),
            tags={},
        )
        return with_code(plain, directory, "one")

    stack.add("function", function, needs=[role, subnet, group], after=[interfaces])
    return stack


def shown(held: Court, group: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = naive(held, "ec2").describe_network_interfaces(
        Filters=[{"Name": "group-id", "Values": [group]}]
    )["NetworkInterfaces"]
    return found


def test_e1_e5_interfaces_outlive_the_function_and_hold_its_network(
    court: Session, tmp_path: Path
) -> None:
    held = court(laws.InterfacesLinger())
    placed, client = by_hand(held, tmp_path), naive(held, "ec2")
    naive(held, "lambda").delete_function(FunctionName="naive")
    with pytest.raises(ClientError, match="DependencyViolation"):
        client.delete_security_group(GroupId=placed.group)
    with pytest.raises(ClientError, match="DependencyViolation"):
        client.delete_subnet(SubnetId=placed.subnet)
    with pytest.raises(ClientError, match="DependencyViolation"):
        client.delete_vpc(VpcId=placed.vpc)
    held.clock.sleep(20)
    (one,) = shown(held, placed.group)
    assert one["Status"] == "in-use"
    with pytest.raises(ClientError, match="is currently in use"):
        client.delete_network_interface(NetworkInterfaceId=one["NetworkInterfaceId"])


def test_e6_right_after_the_function_none_may_be_shown(court: Session, tmp_path: Path) -> None:
    held = court(laws.InterfacesLinger())
    placed = by_hand(held, tmp_path)
    assert len(shown(held, placed.group)) == 1
    naive(held, "lambda").delete_function(FunctionName="naive")
    assert shown(held, placed.group) == []
    held.clock.sleep(10)
    assert len(shown(held, placed.group)) == 1


@pytest.mark.parametrize(("seed", "forgotten"), [(0, True), (1, False)])
def test_ours_waits_and_clears_what_lambda_forgot(
    court: Session, tmp_path: Path, seed: int, forgotten: bool
) -> None:
    """In some seeds Lambda removes them, in others we do (E5)."""
    held = court(laws.InterfacesLinger(), seed=seed)
    shop, stack = under(held, tmp_path), a_stack(tmp_path)
    shop.run(stack, "up")
    began = held.clock.now()
    shop.run(stack, "down")
    assert 60 < held.clock.now() - began < 2700
    assert held.refused("E1") == [], "nothing was asked for that had to be refused (E4 neither)"
    removed = "DeleteNetworkInterface" in shop.last.writes
    assert removed == forgotten
    names = {vpc["VpcId"] for vpc in naive(held, "ec2").describe_vpcs()["Vpcs"]}
    assert len(names) == 1, "the default one"


@pytest.mark.parametrize("seed", [0, 1])
def test_the_network_outlives_a_function_that_left_it_until_lambda_is_done(
    court: Session, tmp_path: Path, seed: int
) -> None:
    held = court(laws.InterfacesLinger(), seed=seed)
    shop = under(held, tmp_path)
    shop.run(a_stack(tmp_path), "up")
    (group,) = naive(held, "ec2").describe_security_groups(GroupNames=[NAME])["SecurityGroups"]
    outside = a_stack(tmp_path, leaves=True)
    shop.run(outside, "up")
    assert shop.last.writes == ["UpdateFunctionConfiguration"]
    held.clock.sleep(10)
    assert shown(held, group["GroupId"]), "Lambda has not released it yet"
    shop.run(outside, "down")
    assert held.refused("E1") == []
    assert len(naive(held, "ec2").describe_vpcs()["Vpcs"]) == 1, "the default one"


def test_e2_who_leaves_first_waits_less(court: Session, tmp_path: Path) -> None:
    """A function that is deleted while leaving gains nothing."""
    waits = {}
    for way in ("leave", "hurry", "delete"):
        (tmp_path / way).mkdir()
        held = court(laws.InterfacesLinger(), seed=3)
        placed, client = by_hand(held, tmp_path / way), naive(held, "lambda")
        if way != "delete":
            nowhere: dict[str, list[str]] = {"SubnetIds": [], "SecurityGroupIds": []}
            client.update_function_configuration(FunctionName="naive", VpcConfig=nowhere)
            held.clock.sleep(60 if way == "leave" else 1)
        client.delete_function(FunctionName="naive")
        ours(held).iam.delete_role(RoleName="naive")
        began = held.clock.now()
        held.clock.sleep(10)
        while any(one["Status"] == "in-use" for one in shown(held, placed.group)):
            held.clock.sleep(100)
        waits[way] = held.clock.now() - began
    assert waits["leave"] < 1000 <= min(waits["hurry"], waits["delete"])


def test_e3_in_another_group_it_frees_the_first_and_holds_the_subnet(
    court: Session, tmp_path: Path
) -> None:
    """So ours leaves the network, because the subnet is to be deleted as well."""
    held = court(laws.InterfacesLinger(), seed=3)
    placed, client = by_hand(held, tmp_path), naive(held, "ec2")
    other = client.create_security_group(VpcId=placed.vpc, GroupName="other", Description="x")
    aside = {"SubnetIds": [placed.subnet], "SecurityGroupIds": [other["GroupId"]]}
    naive(held, "lambda").update_function_configuration(FunctionName="naive", VpcConfig=aside)
    with pytest.raises(ClientError, match="DependencyViolation"):
        client.delete_security_group(GroupId=placed.group)
    held.clock.sleep(1000)
    for one in shown(held, placed.group):
        client.delete_network_interface(NetworkInterfaceId=one["NetworkInterfaceId"])
    client.delete_security_group(GroupId=placed.group)
    with pytest.raises(ClientError, match="DependencyViolation"):
        client.delete_subnet(SubnetId=placed.subnet)
    (one,) = shown(held, other["GroupId"])
    assert one["Status"] == "in-use"


def test_e4_an_interface_of_lambda_takes_no_other_group(court: Session, tmp_path: Path) -> None:
    held = court(laws.InterfacesLinger())
    placed, client = by_hand(held, tmp_path), naive(held, "ec2")
    (one,) = shown(held, placed.group)
    with pytest.raises(ClientError, match="OperationNotPermitted"):
        client.modify_network_interface_attribute(
            NetworkInterfaceId=one["NetworkInterfaceId"], Groups=[placed.group]
        )


class Stuck(laws.InterfacesLinger):
    """They stay longer than any wait."""

    stuck_until = 5000.0

    def _leave(self, *arguments: Any, **more: Any) -> None:
        super()._leave(*arguments, **more)
        for one in self.interfaces.values():
            if one.released is not None:
                one.released = one.idle_from = one.reaped = self.stuck_until


def test_e1_beyond_its_patience_down_says_so_and_the_next_one_goes_on(
    court: Session, tmp_path: Path
) -> None:
    held = court(Stuck())
    shop: LawfulWorkshop = under(held, tmp_path)
    stack = a_stack(tmp_path)
    shop.run(stack, "up")
    with pytest.raises(WaitTimeout, match="Lambda to release its network interfaces"):
        shop.run(stack, "down")
    shop.run(stack, "down")
    shop.run(stack, "down")
    assert shop.last.writes == []


def test_v25_a_group_opens_before_it_closes(court: Session, tmp_path: Path) -> None:
    law = laws.ClosedWhenTheLastRuleGoes()
    held = court(law)
    client = naive(held, "ec2")
    vpc = client.create_vpc(CidrBlock="10.30.0.0/24")["Vpc"]["VpcId"]
    group = client.create_security_group(VpcId=vpc, GroupName="naive", Description="x")["GroupId"]
    old, new = (
        {
            "IpProtocol": "tcp",
            "FromPort": port,
            "ToPort": port,
            "IpRanges": [{"CidrIp": "10.30.0.0/24"}],
        }
        for port in (80, 81)
    )
    client.authorize_security_group_ingress(GroupId=group, IpPermissions=[old])
    client.revoke_security_group_ingress(GroupId=group, IpPermissions=[old])
    client.authorize_security_group_ingress(GroupId=group, IpPermissions=[new])
    assert law.shut.pop() == (group, "Ingress")

    def rules(port: int) -> SecurityGroup:
        both = (Rule("tcp", port, port, "10.30.0.0/24"),)
        return SecurityGroup(
            vpc_id=vpc, name=NAME, description="x", ingress=both, egress=both, tags={}
        )

    shop = under(held, tmp_path)
    shop.up(rules(80))
    law.shut.clear()
    made = shop.up(rules(81))
    assert isinstance(made, SecurityGroup)
    rules(82).update(ours(held), made, {"ingress", "egress"})  # without the walk that revokes last
    assert law.shut == []


def test_x3_a_token_brings_back_what_is_deleted(court: Session, tmp_path: Path) -> None:
    held = court(laws.TokensAreRemembered())
    client = naive(held, "ec2")
    vpc = client.create_vpc(CidrBlock="10.30.0.0/24")["Vpc"]["VpcId"]
    same = {"VpcId": vpc, "ClientToken": "tap-dev/routes"}  # of stack and node, as one would
    first = client.create_route_table(**same)["RouteTable"]["RouteTableId"]
    client.delete_route_table(RouteTableId=first)
    again = client.create_route_table(**same)["RouteTable"]["RouteTableId"]
    assert again == first
    with pytest.raises(ClientError, match="NotFound"):
        client.describe_route_tables(RouteTableIds=[again])
    shop = under(held, tmp_path)
    routes = RouteTable(vpc_id=vpc, subnet_ids=(), tags={})
    ids = []
    for _ in range(2):
        made = shop.up(replace(routes))
        assert isinstance(made, RouteTable)
        ids.append(made.id)
        shop.stays(routes)
        shop.down(routes)
    assert len({first, *ids}) == 3
