"""Everything in a VPC that is neither ours nor AWS's is named, with the command that shows it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from provision.errors import InUseByOthers
from provision.model.step import OWNER
from provision.steps.ec2.foreign_resources import refuse_foreign_in_vpc, refuse_foreign_interfaces
from provision.steps.ec2.network_interfaces import NetworkInterfaces
from tests.support.harness import new_aws

OURS = [{"Key": OWNER, "Value": "tap-dev/it"}]
ANOTHERS = [{"Key": OWNER, "Value": "tap-dev-2/it"}]


@pytest.fixture
def vpc(account: None) -> str:
    made: str = new_aws().ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    return made


def tagged(kind: str, tags: Any) -> Any:
    return [{"ResourceType": kind, "Tags": tags}] if tags else []


def fill(vpc: str, tags: Any, at: int) -> list[tuple[str, str]]:
    """Put one of each kind that can be ours into the VPC; return (how it is named, where seen)."""
    ec2: Any = new_aws().ec2
    of = f" of {tags[0]['Value']}" if tags else ""
    subnet = ec2.create_subnet(
        VpcId=vpc, CidrBlock=f"10.20.{at}.0/24", TagSpecifications=tagged("subnet", tags)
    )["Subnet"]["SubnetId"]
    group = ec2.create_security_group(
        VpcId=vpc,
        GroupName=f"g{at}",
        Description="x",
        TagSpecifications=tagged("security-group", tags),
    )["GroupId"]
    service = f"com.amazonaws.us-east-1.{('s3', 'dynamodb', 'sqs')[at]}"
    endpoint = ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName=service,
        VpcEndpointType="Gateway",
        TagSpecifications=tagged("vpc-endpoint", tags),
    )["VpcEndpoint"]["VpcEndpointId"]
    table = ec2.create_route_table(VpcId=vpc, TagSpecifications=tagged("route-table", tags))
    acl = ec2.create_network_acl(VpcId=vpc, TagSpecifications=tagged("network-acl", tags))
    found = [
        (f"subnet {subnet}", "subnets"),
        (f"security group {group} (g{at})", "security-groups"),
        (f"endpoint {endpoint} ({service})", "vpc-endpoints"),
        (f"route table {table['RouteTable']['RouteTableId']}", "route-tables"),
        (f"network ACL {acl['NetworkAcl']['NetworkAclId']}", "network-acls"),
    ]
    where = f"Name=vpc-id,Values={vpc}"
    return [(name + of, f"aws ec2 describe-{kind} --filters {where}") for name, kind in found]


def gateways(vpc: str) -> list[tuple[str, str]]:
    """Attach one of each kind that we never make."""
    ec2: Any = new_aws().ec2
    internet = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=internet, VpcId=vpc)
    private = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    ec2.attach_vpn_gateway(VpcId=vpc, VpnGatewayId=private)
    egress = ec2.create_egress_only_internet_gateway(VpcId=vpc)["EgressOnlyInternetGateway"]
    out = egress["EgressOnlyInternetGatewayId"]
    at = f"Name=attachment.vpc-id,Values={vpc}"
    listing = "aws ec2 describe-egress-only-internet-gateways"
    return [
        (f"internet gateway {internet}", f"aws ec2 describe-internet-gateways --filters {at}"),
        (f"virtual private gateway {private}", f"aws ec2 describe-vpn-gateways --filters {at}"),
        (
            f"egress-only internet gateway {out}",
            f"{listing} --egress-only-internet-gateway-ids {out}",
        ),
    ]


def test_each_is_named_and_can_be_looked_at(vpc: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, str]] = []
    monkeypatch.setattr(
        "provision.steps.ec2.foreign_resources.refuse_foreign",
        lambda aws, label, found: seen.extend((one.name, one.shown) for one in found),
    )
    fill(vpc, OURS, 0)
    foreign = [*fill(vpc, None, 1), *fill(vpc, ANOTHERS, 2), *gateways(vpc)]
    aws = new_aws()
    real = aws.ec2.get_paginator
    monkeypatch.setattr(aws.ec2, "get_paginator", lambda name: AfterAnEmptyPage(real(name)))
    refuse_foreign_in_vpc(aws, "the VPC", "tap-dev", vpc)
    assert sorted(seen) == sorted(foreign)


@pytest.mark.parametrize(
    ("of", "there", "foreign"),
    [("tap-dev/it", True, False), ("tap-dev-2/it", True, True), ("tap-dev-2/it", False, False)],
)
def test_an_interface_of_an_endpoint_is_whose_the_endpoint_is(
    vpc: str, of: str, *, there: bool, foreign: bool
) -> None:
    """AWS deletes it together with the endpoint."""
    aws = new_aws()
    made = aws.ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName="com.amazonaws.us-east-1.s3",
        VpcEndpointType="Gateway",
        TagSpecifications=tagged("vpc-endpoint", [{"Key": OWNER, "Value": of}]),
    )["VpcEndpoint"]["VpcEndpointId"]
    if not there:
        aws.ec2.delete_vpc_endpoints(VpcEndpointIds=[made])
    shown: Any = {"NetworkInterfaceId": "eni-1", "VpcId": vpc, "Status": "in-use"}
    standing: Any = [{**shown, "Description": f"VPC Endpoint Interface {made}"}]
    if not foreign:
        refuse_foreign_interfaces(aws, "the group", "tap-dev", standing)
        standing.append({**shown, "NetworkInterfaceId": "eni-2"})
    name = f"eni-1 (VPC Endpoint Interface {made})" if foreign else "eni-2"
    with pytest.raises(InUseByOthers) as caught:
        refuse_foreign_interfaces(aws, "the group", "tap-dev", standing)
    assert caught.value.message.endswith(f"to this stack: network interface {name}")


class AfterAnEmptyPage:
    """Pages of which the first lacks the list, as AWS may answer for each listing."""

    def __init__(self, pages: Any) -> None:
        self.pages = pages

    def paginate(self, **asked: Any) -> Any:
        yield {}
        yield from self.pages.paginate(**asked)


class Peerings:
    """Shows one peering at each end, and others that are over; moto ignores these filters."""

    def paginate(self, **asked: Any) -> Any:
        (only,) = asked["Filters"]
        side = only["Name"].removesuffix("-vpc-info.vpc-id")
        yield {}
        for state in ("active", "deleted", "failed", "rejected", "expired"):
            name = f"pcx-{side}-{state}-{only['Values'][0]}"
            shown = {"VpcPeeringConnectionId": name, "Status": {"Code": state}}
            yield {"VpcPeeringConnections": [shown]}


def test_a_peering_is_seen_from_either_end(vpc: str, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = new_aws()
    real = aws.ec2.get_paginator
    monkeypatch.setattr(
        aws.ec2,
        "get_paginator",
        lambda name: Peerings() if name == "describe_vpc_peering_connections" else real(name),
    )
    with pytest.raises(InUseByOthers) as caught:
        refuse_foreign_in_vpc(aws, "the VPC", "tap-dev", vpc)
    assert caught.value.message.endswith(
        f"this stack: peering pcx-accepter-active-{vpc}, peering pcx-requester-active-{vpc}"
    )
    shown = "aws ec2 describe-vpc-peering-connections --filters Name=requester-vpc-info.vpc-id"
    assert f"`{shown},Values={vpc} --region us-east-1`" in caught.value.hint
    assert shown.replace("requester", "accepter") in caught.value.hint


def test_what_belongs_to_the_vpc_or_to_another_does_not_count(vpc: str) -> None:
    fill(vpc, OURS, 0)
    other = new_aws().ec2.create_vpc(CidrBlock="10.21.0.0/16")["Vpc"]["VpcId"]
    gateways(other)
    refuse_foreign_in_vpc(new_aws(), "the VPC", "tap-dev", vpc)


def test_a_listing_that_is_denied_hides_only_its_own_kind(
    vpc: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the right to look, AWS's own refusal of the deletion is waited out instead."""
    fill(vpc, None, 1)
    aws = new_aws()

    def denied(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": "UnauthorizedOperation", "Message": "no"}}, "Describe")

    monkeypatch.setattr(aws.ec2, "describe_vpn_gateways", denied)
    with pytest.raises(InUseByOthers, match="network ACL"):
        refuse_foreign_in_vpc(aws, "the VPC", "tap-dev", vpc)


def test_the_interfaces_of_a_group_are_owned_as_the_group_is(vpc: str) -> None:
    ec2: Any = new_aws().ec2
    for tags, owner in ((OURS, "tap-dev/it"), (None, "")):
        made = ec2.create_security_group(
            VpcId=vpc,
            GroupName=f"of {owner}",
            Description="x",
            TagSpecifications=tagged("security-group", tags),
        )
        assert NetworkInterfaces(group_id=made["GroupId"]).parent_owner(new_aws()) == owner
    assert NetworkInterfaces(group_id="sg-00000000000000001").parent_owner(new_aws()) is None
