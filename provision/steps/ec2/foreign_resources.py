"""What somebody else put into our network: it never goes by itself, so nobody waits for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Literal

from botocore.exceptions import ClientError

from provision.aws.client import Aws
from provision.aws.concurrency import read_pool
from provision.model import iam
from provision.model.step import OWNER
from provision.steps.foreign import ForeignResource, ForeignResources, refuse_foreign

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef, NetworkInterfaceTypeDef

LAMBDAS: Final = "AWS Lambda VPC ENI"
"""How Lambda describes its own interfaces, whose going is waited for elsewhere (E6)."""
ENDPOINTS: Final = "VPC Endpoint Interface "
"""How an endpoint's own are described, before its id."""
LOOKS: Final = iam.calls(
    "ec2", iam.ANY_RESOURCE, "DescribeNetworkInterfaces", "DescribeVpcEndpoints"
)
LOOKS_IN_VPC: Final = (
    *LOOKS,
    *iam.calls(
        "ec2",
        iam.ANY_RESOURCE,
        "DescribeEgressOnlyInternetGateways",
        "DescribeInternetGateways",
        "DescribeNetworkAcls",
        "DescribeRouteTables",
        "DescribeSecurityGroups",
        "DescribeSubnets",
        "DescribeVpcPeeringConnections",
        "DescribeVpnGateways",
    ),
)
"""Asked before a removal; where they are not permitted, AWS's own refusals are waited out."""
_GONE: Final = frozenset({"deleted", "deleting", "detached", "detaching", "rejected", "expired"})
"""States of what is on its way out, in small letters."""

Place = Literal["group-id", "subnet-id", "vpc-id"]


def interfaces_in(aws: Aws, what: Place, made: str) -> list[NetworkInterfaceTypeDef]:
    """Everybody's. By group or subnet, for the function name in the description may be another's
    (E6)."""
    pages = aws.ec2.get_paginator("describe_network_interfaces").paginate(
        Filters=[{"Name": what, "Values": [made]}]
    )
    return [interface for page in pages for interface in page.get("NetworkInterfaces", [])]


def is_lambda_interface(interface: NetworkInterfaceTypeDef) -> bool:
    """By its description, which anybody can give to theirs: what has an owner is somebody's, for
    Lambda tags none of its own."""
    described = interface.get("Description", "").startswith(LAMBDAS)
    return described and not _owner({"Tags": interface.get("TagSet", [])})


def refuse_foreign_interfaces(
    aws: Aws, label: str, mark: str, standing: Sequence[NetworkInterfaceTypeDef]
) -> None:
    """Raises Occupied when one of these network interfaces is somebody's."""
    refuse_foreign(aws, label, _interfaces(aws, mark, standing))


def refuse_foreign_in_group(aws: Aws, label: str, mark: str, group: str) -> None:
    """Raises Occupied when somebody's network interface has the security group, or the rules of
    another group name it."""
    found: list[ForeignResource] = []
    with suppress(ClientError):  # not permitted to look: AWS refuses the removal itself
        found += _interfaces(aws, mark, interfaces_in(aws, "group-id", group))
    for direction in ("ip-permission", "egress.ip-permission"):
        name = f"{direction}.group-id"
        with suppress(ClientError):
            naming = aws.ec2.describe_security_groups(Filters=[{"Name": name, "Values": [group]}])
            for one in naming.get("SecurityGroups", []):
                words = f"security group {one['GroupId']} ({one['GroupName']}), whose rules name it"
                shown = f"aws ec2 describe-security-groups --group-ids {one['GroupId']}"
                if one["GroupId"] != group:
                    found += _unless_ours(words, shown, one, mark)
    refuse_foreign(aws, label, found)


def refuse_foreign_in_vpc(aws: Aws, label: str, mark: str, vpc: str) -> None:
    """Raises Occupied when a VPC holds anything that neither we nor AWS made."""
    with read_pool() as pool:
        asked = [pool.submit(_seen, look, aws, mark, vpc) for look in _LOOKED_FOR]
    refuse_foreign(aws, label, [one for answer in asked for one in answer.result()])


Look = Callable[[Aws, str, str], ForeignResources]
"""The strangers of a VPC, by the stack's mark and the VPC's id."""


def _seen(look: Look, aws: Aws, mark: str, vpc: str) -> list[ForeignResource]:
    """One that is not permitted, or that an emulator lacks, hides no other."""
    with suppress(ClientError):
        return list(look(aws, mark, vpc))
    return []


def _inside(vpc: str, name: str = "vpc-id") -> list[FilterTypeDef]:
    return [{"Name": name, "Values": [vpc]}]


def _at(vpc: str, name: str = "vpc-id") -> str:
    return f"Name={name},Values={vpc}"


def _interfaces_of_vpc(aws: Aws, mark: str, vpc: str) -> ForeignResources:
    return _interfaces(aws, mark, interfaces_in(aws, "vpc-id", vpc))


def _subnets(aws: Aws, mark: str, vpc: str) -> ForeignResources:
    for one in aws.ec2.describe_subnets(Filters=_inside(vpc)).get("Subnets", []):
        shown = f"aws ec2 describe-subnets --filters {_at(vpc)}"
        yield from _unless_ours(f"subnet {one['SubnetId']}", shown, one, mark)


def _groups(aws: Aws, mark: str, vpc: str) -> ForeignResources:
    for one in aws.ec2.describe_security_groups(Filters=_inside(vpc)).get("SecurityGroups", []):
        if one["GroupName"] != "default":  # goes with the VPC (V15)
            name = f"security group {one['GroupId']} ({one['GroupName']})"
            yield from _unless_ours(
                name, f"aws ec2 describe-security-groups --filters {_at(vpc)}", one, mark
            )


def _endpoints(aws: Aws, mark: str, vpc: str) -> ForeignResources:
    for one in aws.ec2.describe_vpc_endpoints(Filters=_inside(vpc)).get("VpcEndpoints", []):
        if one["State"].lower() not in _GONE:
            name = f"endpoint {one['VpcEndpointId']} ({one['ServiceName']})"
            yield from _unless_ours(
                name, f"aws ec2 describe-vpc-endpoints --filters {_at(vpc)}", one, mark
            )


def _route_tables(aws: Aws, mark: str, vpc: str) -> ForeignResources:
    """The main one goes with the VPC (V15)."""
    for one in aws.ec2.describe_route_tables(Filters=_inside(vpc)).get("RouteTables", []):
        if not any(link.get("Main") for link in one.get("Associations", [])):
            name = f"route table {one['RouteTableId']}"
            yield from _unless_ours(
                name, f"aws ec2 describe-route-tables --filters {_at(vpc)}", one, mark
            )


def _acls(aws: Aws, mark: str, vpc: str) -> ForeignResources:
    """The default one goes with the VPC (V15)."""
    for one in aws.ec2.describe_network_acls(Filters=_inside(vpc)).get("NetworkAcls", []):
        if not one["IsDefault"]:
            name = f"network ACL {one['NetworkAclId']}"
            yield from _unless_ours(
                name, f"aws ec2 describe-network-acls --filters {_at(vpc)}", one, mark
            )


def _gateways(aws: Aws, mark: str, vpc: str) -> ForeignResources:  # noqa: ARG001  (we make none)
    where = "attachment.vpc-id"
    for one in aws.ec2.describe_internet_gateways(Filters=_inside(vpc, where)).get(
        "InternetGateways", []
    ):
        shown = f"aws ec2 describe-internet-gateways --filters {_at(vpc, where)}"
        yield ForeignResource(f"internet gateway {one['InternetGatewayId']}", shown)


def _private_gateways(aws: Aws, mark: str, vpc: str) -> ForeignResources:  # noqa: ARG001  (as above)
    where = "attachment.vpc-id"
    for one in aws.ec2.describe_vpn_gateways(Filters=_inside(vpc, where)).get("VpnGateways", []):
        attached = [
            link
            for link in one.get("VpcAttachments", [])
            if link.get("VpcId") == vpc and link.get("State") not in _GONE
        ]
        if attached:
            shown = f"aws ec2 describe-vpn-gateways --filters {_at(vpc, where)}"
            yield ForeignResource(f"virtual private gateway {one['VpnGatewayId']}", shown)


def _ways_out(aws: Aws, mark: str, vpc: str) -> ForeignResources:  # noqa: ARG001  (as above)
    """They are listed by tag only: all of the region's, each with where it is attached."""
    pages = aws.ec2.get_paginator("describe_egress_only_internet_gateways").paginate()
    for one in (each for page in pages for each in page.get("EgressOnlyInternetGateways", [])):
        if any(link.get("VpcId") == vpc for link in one.get("Attachments", [])):
            made = one["EgressOnlyInternetGatewayId"]
            name = f"egress-only internet gateway {made}"
            yield ForeignResource(
                name,
                "aws ec2 describe-egress-only-internet-gateways"
                f" --egress-only-internet-gateway-ids {made}",
            )


def _peerings(aws: Aws, mark: str, vpc: str) -> ForeignResources:  # noqa: ARG001  (as above)
    """From either side."""
    for side in ("requester", "accepter"):
        where = f"{side}-vpc-info.vpc-id"
        answer = aws.ec2.describe_vpc_peering_connections(Filters=_inside(vpc, where))
        for one in answer.get("VpcPeeringConnections", []):
            if one.get("Status", {}).get("Code") not in {*_GONE, "failed"}:
                shown = f"aws ec2 describe-vpc-peering-connections --filters {_at(vpc, where)}"
                yield ForeignResource(f"peering {one['VpcPeeringConnectionId']}", shown)


_LOOKED_FOR: Final[tuple[Look, ...]] = (
    _interfaces_of_vpc,
    _subnets,
    _groups,
    _endpoints,
    _route_tables,
    _acls,
    _gateways,
    _private_gateways,
    _ways_out,
    _peerings,
)


def _unless_ours(name: str, shown: str, one: Mapping[str, Any], mark: str) -> ForeignResources:
    owner = _owner(one)
    if not owner.startswith(f"{mark}/"):
        yield ForeignResource(name + (f" of {owner}" if owner else ""), shown)


def _owner(one: Mapping[str, Any]) -> str:
    return next((str(tag["Value"]) for tag in one.get("Tags", []) if tag["Key"] == OWNER), "")


def _interfaces(
    aws: Aws, mark: str, found: Sequence[NetworkInterfaceTypeDef]
) -> list[ForeignResource]:
    """Those that AWS's services made go only with what they were made for (an endpoint, a load
    balancer, a NAT gateway): Lambda's and our own endpoints' do, any other's do not."""
    standing = [one for one in found if not is_lambda_interface(one) and not _leaving(one)]
    named = [one for one in standing if one.get("Description", "").startswith(ENDPOINTS)]
    theirs = _endpoints_of_others(aws, mark, {one["VpcId"] for one in named}) if named else set()
    return [
        ForeignResource(
            f"network interface {made}{_user(one)}",
            f"aws ec2 describe-network-interfaces --network-interface-ids {made}",
        )
        for made, one in ((each["NetworkInterfaceId"], each) for each in standing)
        if one not in named or _endpoint_of(one) in theirs
    ]


def _leaving(interface: NetworkInterfaceTypeDef) -> bool:
    """Let go of, or made by AWS for something that is gone already."""
    if interface.get("Attachment", {}).get("Status") == "detaching":
        return True
    return bool(interface.get("RequesterManaged")) and interface.get("Status") != "in-use"


def _endpoint_of(interface: NetworkInterfaceTypeDef) -> str:
    return interface.get("Description", "").removeprefix(ENDPOINTS)


def _endpoints_of_others(aws: Aws, mark: str, vpcs: Collection[str]) -> set[str]:
    """The interfaces of any other endpoint go by themselves: it is ours, or it is gone."""
    inside: list[FilterTypeDef] = [{"Name": "vpc-id", "Values": sorted(vpcs)}]
    return {
        one["VpcEndpointId"]
        for one in aws.ec2.describe_vpc_endpoints(Filters=inside).get("VpcEndpoints", [])
        if one["State"].lower() not in _GONE and not _owner(one).startswith(f"{mark}/")
    }


def _user(interface: NetworkInterfaceTypeDef) -> str:
    instance = interface.get("Attachment", {}).get("InstanceId")
    words = f"instance {instance}" if instance else interface.get("Description", "")
    return f" ({words})" if words else ""
