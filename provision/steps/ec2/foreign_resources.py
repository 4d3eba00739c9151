"""Foreign resources in our network: a deletion that they block is refused, not waited for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Literal

from botocore.exceptions import ClientError

from provision.aws.client import Aws
from provision.aws.concurrency import read_pool
from provision.model import iam
from provision.model.step import OWNER
from provision.steps.foreign import ForeignResource, ForeignResources, refuse_foreign

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import (
        FilterTypeDef,
        NetworkInterfaceTypeDef,
        SecurityGroupTypeDef,
        VpcEndpointTypeDef,
    )

LAMBDAS: Final = "AWS Lambda VPC ENI"
"""The start of the description of Lambda's own interfaces (E6); see `network_interfaces`."""
ENDPOINTS: Final = "VPC Endpoint Interface "
"""The description of an endpoint's own interfaces, before its id."""
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
"""The calls before a deletion. If they are denied, AWS's own refusals are retried instead."""
_GONE: Final = frozenset({"deleted", "deleting", "detached", "detaching", "rejected", "expired"})
"""States of resources that are deleted or being deleted, in lower case."""

Place = Literal["group-id", "subnet-id", "vpc-id"]


def interfaces_in(aws: Aws, what: Place, made: str) -> list[NetworkInterfaceTypeDef]:
    """Return all network interfaces there, of any owner.

    The function name in a description is no criterion: it may be another function's (E6).
    """
    pages = aws.ec2.get_paginator("describe_network_interfaces").paginate(
        Filters=[{"Name": what, "Values": [made]}]
    )
    return [interface for page in pages for interface in page.get("NetworkInterfaces", [])]


def is_lambda_interface(interface: NetworkInterfaceTypeDef) -> bool:
    """Return whether Lambda made the interface: it has Lambda's description and no owner tag.

    Other parties can use the description too. Lambda tags none of its own interfaces, so one with
    an owner is not Lambda's.
    """
    described = interface.get("Description", "").startswith(LAMBDAS)
    return described and not _owner({"Tags": interface.get("TagSet", [])})


def refuse_foreign_interfaces(
    aws: Aws, label: str, owner_prefix: str, standing: Sequence[NetworkInterfaceTypeDef]
) -> None:
    """Raise `InUseByOthers` if one of these network interfaces is foreign."""
    refuse_foreign(aws, label, _interfaces(aws, owner_prefix, standing))


def refuse_foreign_in_group(aws: Aws, label: str, owner_prefix: str, group: str) -> None:
    """Raise `InUseByOthers` if a foreign interface has the group, or a foreign group names it."""
    found: list[ForeignResource] = []
    with suppress(ClientError):  # if the call is denied, AWS refuses the deletion itself
        found += _interfaces(aws, owner_prefix, interfaces_in(aws, "group-id", group))
    for direction in ("ip-permission", "egress.ip-permission"):
        name = f"{direction}.group-id"
        with suppress(ClientError):
            for one in _groups_where(aws, name, group):
                words = f"security group {one['GroupId']} ({one['GroupName']}), whose rules name it"
                shown = f"aws ec2 describe-security-groups --group-ids {one['GroupId']}"
                if one["GroupId"] != group:
                    found += _unless_ours(words, shown, one, owner_prefix)
    refuse_foreign(aws, label, found)


def refuse_foreign_in_vpc(aws: Aws, label: str, owner_prefix: str, vpc: str) -> None:
    """Raise `InUseByOthers` if a VPC contains anything that neither we nor AWS created."""
    with read_pool() as pool:
        asked = [pool.submit(_seen, look, aws, owner_prefix, vpc) for look in _LOOKED_FOR]
    refuse_foreign(aws, label, [one for answer in asked for one in answer.result()])


Look = Callable[[Aws, str, str], ForeignResources]
"""Finds the foreign resources of one sort in a VPC, from the stack's mark and the VPC's id."""


def _seen(look: Look, aws: Aws, owner_prefix: str, vpc: str) -> list[ForeignResource]:
    """Return what `look` finds; nothing if its call is denied or an emulator lacks it."""
    with suppress(ClientError):
        return list(look(aws, owner_prefix, vpc))
    return []


def _where(name: str, value: str) -> list[FilterTypeDef]:
    return [{"Name": name, "Values": [value]}]


def _at(vpc: str, name: str = "vpc-id") -> str:
    return f"Name={name},Values={vpc}"


def _interfaces_of_vpc(aws: Aws, owner_prefix: str, vpc: str) -> ForeignResources:
    return _interfaces(aws, owner_prefix, interfaces_in(aws, "vpc-id", vpc))


def _subnets(aws: Aws, owner_prefix: str, vpc: str) -> ForeignResources:
    pages = aws.ec2.get_paginator("describe_subnets").paginate(Filters=_where("vpc-id", vpc))
    for one in (each for page in pages for each in page.get("Subnets", [])):
        shown = f"aws ec2 describe-subnets --filters {_at(vpc)}"
        yield from _unless_ours(f"subnet {one['SubnetId']}", shown, one, owner_prefix)


def _groups_where(aws: Aws, name: str, value: str) -> Iterator[SecurityGroupTypeDef]:
    pages = aws.ec2.get_paginator("describe_security_groups").paginate(Filters=_where(name, value))
    return (each for page in pages for each in page.get("SecurityGroups", []))


def _groups(aws: Aws, owner_prefix: str, vpc: str) -> ForeignResources:
    for one in _groups_where(aws, "vpc-id", vpc):
        if one["GroupName"] != "default":  # deleted with the VPC (V15)
            name = f"security group {one['GroupId']} ({one['GroupName']})"
            yield from _unless_ours(
                name, f"aws ec2 describe-security-groups --filters {_at(vpc)}", one, owner_prefix
            )


def _endpoints_in(aws: Aws, vpcs: Collection[str]) -> Iterator[VpcEndpointTypeDef]:
    inside: list[FilterTypeDef] = [{"Name": "vpc-id", "Values": sorted(vpcs)}]
    pages = aws.ec2.get_paginator("describe_vpc_endpoints").paginate(Filters=inside)
    return (each for page in pages for each in page.get("VpcEndpoints", []))


def _endpoints(aws: Aws, owner_prefix: str, vpc: str) -> ForeignResources:
    for one in _endpoints_in(aws, [vpc]):
        if one["State"].lower() not in _GONE:
            name = f"endpoint {one['VpcEndpointId']} ({one['ServiceName']})"
            yield from _unless_ours(
                name, f"aws ec2 describe-vpc-endpoints --filters {_at(vpc)}", one, owner_prefix
            )


def _route_tables(aws: Aws, owner_prefix: str, vpc: str) -> ForeignResources:
    """Yield foreign route tables, except the main one, which is deleted with the VPC (V15)."""
    pages = aws.ec2.get_paginator("describe_route_tables").paginate(Filters=_where("vpc-id", vpc))
    for one in (each for page in pages for each in page.get("RouteTables", [])):
        if not any(link.get("Main") for link in one.get("Associations", [])):
            name = f"route table {one['RouteTableId']}"
            yield from _unless_ours(
                name, f"aws ec2 describe-route-tables --filters {_at(vpc)}", one, owner_prefix
            )


def _acls(aws: Aws, owner_prefix: str, vpc: str) -> ForeignResources:
    """Yield foreign network ACLs, except the default one, which is deleted with the VPC (V15)."""
    pages = aws.ec2.get_paginator("describe_network_acls").paginate(Filters=_where("vpc-id", vpc))
    for one in (each for page in pages for each in page.get("NetworkAcls", [])):
        if not one["IsDefault"]:
            name = f"network ACL {one['NetworkAclId']}"
            yield from _unless_ours(
                name, f"aws ec2 describe-network-acls --filters {_at(vpc)}", one, owner_prefix
            )


def _gateways(aws: Aws, owner_prefix: str, vpc: str) -> ForeignResources:  # noqa: ARG001  (we make none)
    where = "attachment.vpc-id"
    pages = aws.ec2.get_paginator("describe_internet_gateways").paginate(Filters=_where(where, vpc))
    for one in (each for page in pages for each in page.get("InternetGateways", [])):
        shown = f"aws ec2 describe-internet-gateways --filters {_at(vpc, where)}"
        yield ForeignResource(f"internet gateway {one['InternetGatewayId']}", shown)


def _private_gateways(aws: Aws, owner_prefix: str, vpc: str) -> ForeignResources:  # noqa: ARG001  (as above)
    where = "attachment.vpc-id"
    for one in aws.ec2.describe_vpn_gateways(Filters=_where(where, vpc)).get("VpnGateways", []):
        attached = [
            link
            for link in one.get("VpcAttachments", [])
            if link.get("VpcId") == vpc and link.get("State") not in _GONE
        ]
        if attached:
            shown = f"aws ec2 describe-vpn-gateways --filters {_at(vpc, where)}"
            yield ForeignResource(f"virtual private gateway {one['VpnGatewayId']}", shown)


def _egress_resources(aws: Aws, owner_prefix: str, vpc: str) -> ForeignResources:  # noqa: ARG001  (as above)
    """Yield egress-only gateways at the VPC. EC2 filters them by tag only, so all are listed."""
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


def _peerings(aws: Aws, owner_prefix: str, vpc: str) -> ForeignResources:  # noqa: ARG001  (as above)
    """Yield the peerings of the VPC, from either side."""
    for side in ("requester", "accepter"):
        where = f"{side}-vpc-info.vpc-id"
        pages = aws.ec2.get_paginator("describe_vpc_peering_connections").paginate(
            Filters=_where(where, vpc)
        )
        for one in (each for page in pages for each in page.get("VpcPeeringConnections", [])):
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
    _egress_resources,
    _peerings,
)


def _unless_ours(
    name: str, shown: str, one: Mapping[str, Any], owner_prefix: str
) -> ForeignResources:
    owner = _owner(one)
    if not owner.startswith(f"{owner_prefix}/"):
        yield ForeignResource(name + (f" of {owner}" if owner else ""), shown)


def _owner(one: Mapping[str, Any]) -> str:
    return next((str(tag["Value"]) for tag in one.get("Tags", []) if tag["Key"] == OWNER), "")


def _interfaces(
    aws: Aws, owner_prefix: str, found: Sequence[NetworkInterfaceTypeDef]
) -> list[ForeignResource]:
    """Return the foreign ones of these network interfaces.

    An AWS service deletes an interface only with the resource that it serves (an endpoint, a load
    balancer, a NAT gateway). Those of Lambda and of our own endpoints are deleted; others are not.
    """
    standing = [one for one in found if not is_lambda_interface(one) and not _leaving(one)]
    named = [one for one in standing if one.get("Description", "").startswith(ENDPOINTS)]
    theirs = (
        _endpoints_of_others(aws, owner_prefix, {one["VpcId"] for one in named}) if named else set()
    )
    return [
        ForeignResource(
            f"network interface {made}{_user(one)}",
            f"aws ec2 describe-network-interfaces --network-interface-ids {made}",
        )
        for made, one in ((each["NetworkInterfaceId"], each) for each in standing)
        if one not in named or _endpoint_of(one) in theirs
    ]


def _leaving(interface: NetworkInterfaceTypeDef) -> bool:
    """Return whether it is being detached, or belongs to a deleted resource of an AWS service."""
    if interface.get("Attachment", {}).get("Status") == "detaching":
        return True
    return bool(interface.get("RequesterManaged")) and interface.get("Status") != "in-use"


def _endpoint_of(interface: NetworkInterfaceTypeDef) -> str:
    return interface.get("Description", "").removeprefix(ENDPOINTS)


def _endpoints_of_others(aws: Aws, owner_prefix: str, vpcs: Collection[str]) -> set[str]:
    """Return the ids of the foreign endpoints in these VPCs.

    AWS deletes the interfaces of all others, which are ours or already deleted.
    """
    return {
        one["VpcEndpointId"]
        for one in _endpoints_in(aws, vpcs)
        if one["State"].lower() not in _GONE and not _owner(one).startswith(f"{owner_prefix}/")
    }


def _user(interface: NetworkInterfaceTypeDef) -> str:
    instance = interface.get("Attachment", {}).get("InstanceId")
    words = f"instance {instance}" if instance else interface.get("Description", "")
    return f" ({words})" if words else ""
