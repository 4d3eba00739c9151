"""What somebody else put into our network: it never goes by itself, so nobody waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

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


def refuse_interfaces(aws: Aws, label: str, of: str, made: str) -> None:
    """Raises Occupied when somebody's network interface stands in a subnet (`subnet-id`) or group
    (`group-id`)."""
    _refuse(label, lambda: _interfaces(aws, [{"Name": of, "Values": [made]}]))


def refuse_in_vpc(aws: Aws, label: str, stack: str, vpc: str) -> None:
    """Raises Occupied when a VPC holds anything that neither we nor AWS made."""
    _refuse(label, lambda: _in_vpc(aws, stack, [{"Name": "vpc-id", "Values": [vpc]}]))


def _refuse(label: str, find: Callable[[], Names]) -> None:
    try:
        strangers = sorted(find())
    except ClientError:  # not permitted to look: AWS refuses the removal itself
        return
    if strangers:
        raise Occupied(
            f"{label} cannot go while it holds what is not this stack's: {', '.join(strangers)}",
            hint="remove that, or move it elsewhere, and run it again",
        )


def _in_vpc(aws: Aws, stack: str, inside: Sequence[FilterTypeDef]) -> Names:
    attached: list[FilterTypeDef] = [{**inside[0], "Name": "attachment.vpc-id"}]
    with together() as pool:
        interfaces = pool.submit(lambda: list(_interfaces(aws, inside)))
        subnets = pool.submit(aws.ec2.describe_subnets, Filters=inside)
        groups = pool.submit(aws.ec2.describe_security_groups, Filters=inside)
        gateways = pool.submit(aws.ec2.describe_internet_gateways, Filters=attached)
    yield from interfaces.result()
    for subnet in subnets.result()["Subnets"]:
        yield from _stranger("subnet", subnet["SubnetId"], subnet.get("Tags", []), stack)
    for group in groups.result()["SecurityGroups"]:
        if group["GroupName"] != "default":  # V15: goes with the VPC
            name = f"{group['GroupId']} ({group['GroupName']})"
            yield from _stranger("security group", name, group.get("Tags", []), stack)
    for gateway in gateways.result()["InternetGateways"]:
        yield f"internet gateway {gateway['InternetGatewayId']}"


def _stranger(kind: str, name: str, tags: Sequence[Mapping[str, object]], stack: str) -> Names:
    owner = next((str(tag["Value"]) for tag in tags if tag["Key"] == OWNER), "")
    if not owner.startswith(f"{stack}/"):
        yield f"{kind} {name}" + (f" of {owner}" if owner else "")


def _interfaces(aws: Aws, inside: Sequence[FilterTypeDef]) -> Names:
    """Those that AWS's services made go with what they were made for, sooner or later."""
    pages = aws.ec2.get_paginator("describe_network_interfaces").paginate(Filters=inside)
    for page in pages:
        for one in page["NetworkInterfaces"]:
            made_by_aws = one.get("RequesterManaged") or one.get("Description", "").startswith(
                LAMBDAS
            )
            if not made_by_aws and one.get("Attachment", {}).get("Status") != "detaching":
                yield f"network interface {one['NetworkInterfaceId']}{_user(one)}"


def _user(interface: NetworkInterfaceTypeDef) -> str:
    instance = interface.get("Attachment", {}).get("InstanceId")
    words = f"instance {instance}" if instance else interface.get("Description", "")
    return f" ({words})" if words else ""
