"""What somebody else put into our network: it never goes by itself, so nobody waits for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Literal

from botocore.exceptions import ClientError

from provision.aws import Aws
from provision.errors import Occupied
from provision.permissions.declare import EVERY, calls
from provision.step import OWNER
from provision.together import together

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef, NetworkInterfaceTypeDef

LAMBDAS: Final = "AWS Lambda VPC ENI"
"""How Lambda describes its own interfaces, whose going is waited for elsewhere (E6)."""
LOOKS: Final = calls("ec2", EVERY, "DescribeNetworkInterfaces")
LOOKS_IN_VPC: Final = (
    *LOOKS,
    *calls(
        "ec2",
        EVERY,
        "DescribeInternetGateways",
        "DescribeSecurityGroups",
        "DescribeSubnets",
    ),
)
"""Asked before a removal; where they are not permitted, AWS's own refusals are waited out."""

Names = Iterator[str]
Place = Literal["group-id", "subnet-id", "vpc-id"]


def interfaces_in(aws: Aws, what: Place, made: str) -> list[NetworkInterfaceTypeDef]:
    """Everybody's. E6: by group or subnet, for the function name in the description may be
    another's."""
    pages = aws.ec2.get_paginator("describe_network_interfaces").paginate(
        Filters=[{"Name": what, "Values": [made]}]
    )
    return [interface for page in pages for interface in page["NetworkInterfaces"]]


def is_lambdas(interface: NetworkInterfaceTypeDef) -> bool:
    return interface.get("Description", "").startswith(LAMBDAS)


def refuse_strangers(label: str, standing: Sequence[NetworkInterfaceTypeDef]) -> None:
    """Raises Occupied when one of these network interfaces is somebody's."""
    _refuse(label, _strangers(standing))


def refuse_interfaces(aws: Aws, label: str, group: str) -> None:
    """Raises Occupied when somebody's network interface has the security group."""
    with suppress(ClientError):  # not permitted to look: AWS refuses the removal itself
        refuse_strangers(label, interfaces_in(aws, "group-id", group))


def refuse_in_vpc(aws: Aws, label: str, mark: str, vpc: str) -> None:
    """Raises Occupied when a VPC holds anything that neither we nor AWS made."""
    with suppress(ClientError):  # not permitted to look: AWS refuses the removal itself
        _refuse(label, _in_vpc(aws, mark, vpc))


def _refuse(label: str, found: Names) -> None:
    if strangers := sorted(found):
        raise Occupied(
            f"{label} cannot go while it holds what is not this stack's: {', '.join(strangers)}",
            hint="remove that, or move it elsewhere, and run it again",
        )


def _in_vpc(aws: Aws, mark: str, vpc: str) -> Names:
    inside: list[FilterTypeDef] = [{"Name": "vpc-id", "Values": [vpc]}]
    attached: list[FilterTypeDef] = [{"Name": "attachment.vpc-id", "Values": [vpc]}]
    with together() as pool:
        interfaces = pool.submit(interfaces_in, aws, "vpc-id", vpc)
        subnets = pool.submit(aws.ec2.describe_subnets, Filters=inside)
        groups = pool.submit(aws.ec2.describe_security_groups, Filters=inside)
        gateways = pool.submit(aws.ec2.describe_internet_gateways, Filters=attached)
    yield from _strangers(interfaces.result())
    for subnet in subnets.result()["Subnets"]:
        yield from _stranger("subnet", subnet["SubnetId"], subnet.get("Tags", []), mark)
    for group in groups.result()["SecurityGroups"]:
        if group["GroupName"] != "default":  # V15: goes with the VPC
            name = f"{group['GroupId']} ({group['GroupName']})"
            yield from _stranger("security group", name, group.get("Tags", []), mark)
    for gateway in gateways.result()["InternetGateways"]:
        yield f"internet gateway {gateway['InternetGatewayId']}"


def _stranger(kind: str, name: str, tags: Sequence[Mapping[str, object]], mark: str) -> Names:
    owner = next((str(tag["Value"]) for tag in tags if tag["Key"] == OWNER), "")
    if not owner.startswith(f"{mark}/"):
        yield f"{kind} {name}" + (f" of {owner}" if owner else "")


def _strangers(interfaces: Sequence[NetworkInterfaceTypeDef]) -> Names:
    """Those that AWS's services made go with what they were made for, sooner or later."""
    for one in interfaces:
        made_by_aws = one.get("RequesterManaged") or is_lambdas(one)
        if not made_by_aws and one.get("Attachment", {}).get("Status") != "detaching":
            yield f"network interface {one['NetworkInterfaceId']}{_user(one)}"


def _user(interface: NetworkInterfaceTypeDef) -> str:
    instance = interface.get("Attachment", {}).get("InstanceId")
    words = f"instance {instance}" if instance else interface.get("Description", "")
    return f" ({words})" if words else ""
