"""The default security group, which AWS creates in every VPC and which must allow nothing.

It cannot be deleted, and everything that is started without a group gets it, so its rules are
removed (AWS Foundational Security Best Practices, EC2.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from provision.aws.client import Aws
from provision.model import iam
from provision.steps.ec2.base import ec2_arn

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import IpPermissionOutputTypeDef, SecurityGroupTypeDef

NAME: Final = "default"
SHOWN_BUDGET = 120

CALLS: Final[tuple[iam.ApiCall, ...]] = iam.calls(
    "ec2",
    ec2_arn("security-group", "*"),
    "RevokeSecurityGroupEgress",
    "RevokeSecurityGroupIngress",
    when=(
        iam.HAS_NO_OWNER,
        iam.Condition("ArnLike", "ec2:Vpc", ec2_arn("vpc")),
    ),  # AWS creates it without tags
)


def open_rules(aws: Aws, vpc_id: str) -> tuple[str, ...]:
    """Return the rules of the VPC's default group, in words."""
    group = _find(aws, vpc_id)
    if group is None:
        return ()
    inwards = (f"in {words}" for words in _in_words(group.get("IpPermissions", [])))
    outwards = (f"out {words}" for words in _in_words(group.get("IpPermissionsEgress", [])))
    return tuple(sorted((*inwards, *outwards)))


def close(aws: Aws, vpc_id: str) -> None:
    """Wait until AWS shows the group (V1), and remove every rule."""
    group = aws.wait(
        f"the default security group of {vpc_id}",
        lambda: _find(aws, vpc_id),
        budget=SHOWN_BUDGET,
    )
    try:
        if group.get("IpPermissions"):
            aws.ec2.revoke_security_group_ingress(
                GroupId=group["GroupId"], IpPermissions=group.get("IpPermissions", [])
            )
        if group.get("IpPermissionsEgress"):
            aws.ec2.revoke_security_group_egress(
                GroupId=group["GroupId"], IpPermissions=group.get("IpPermissionsEgress", [])
            )
    except ClientError as error:  # the rules are already removed (V5)
        if error.response["Error"]["Code"] != "InvalidPermission.NotFound":
            raise


def _find(aws: Aws, vpc_id: str) -> SecurityGroupTypeDef | None:
    pages = aws.ec2.get_paginator("describe_security_groups").paginate(
        Filters=[
            {"Name": "vpc-id", "Values": [vpc_id]},
            {"Name": "group-name", "Values": [NAME]},
        ]
    )
    return next((group for page in pages for group in page.get("SecurityGroups", [])), None)


def _in_words(permissions: list[IpPermissionOutputTypeDef]) -> Iterator[str]:
    for permission in permissions:
        protocol = permission["IpProtocol"]
        # Only TCP, UDP and ICMP have ports.
        ports = (
            f" {permission['FromPort']}-{permission['ToPort']}" if "FromPort" in permission else ""
        )
        what = "everything" if protocol == "-1" else f"{protocol}{ports}"
        targets = (
            *(part["CidrIp"] for part in permission.get("IpRanges", [])),
            *(part["CidrIpv6"] for part in permission.get("Ipv6Ranges", [])),
            *(part["GroupId"] for part in permission.get("UserIdGroupPairs", [])),
            *(part["PrefixListId"] for part in permission.get("PrefixListIds", [])),
        )
        yield from (f"{what} {target}" for target in targets)
