"""The network interfaces that Lambda creates in our security group and that outlive functions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal, Self

from botocore.exceptions import ClientError

from provision.aws.client import Aws
from provision.aws.error_codes import is_not_found
from provision.model import iam
from provision.model.capabilities import HasParent
from provision.model.risks import Impact, Risk, Risks
from provision.model.step import Fixed, Local, Management, Replacement
from provision.steps.ec2.base import ec2_arn
from provision.steps.ec2.foreign_resources import interfaces_in, is_lambda_interface
from provision.steps.lambda_.version import delete_versions_in
from provision.steps.not_found import ignore_not_found
from provision.steps.tagging import owner_in

GONE_BUDGET: Final = 2700
"""Seconds: Lambda releases them within 35 minutes in 99 of 100 cases, some later (E1)."""
PAUSE: Final = 10
"""Seconds for which AWS may wrongly show none after a function's end: it must show none again
after them (E6)."""
ABANDONED: Final = 180
"""Seconds without use after which one counts as abandoned: its status may change back (E5)."""
_IN_USE: Final = frozenset(
    ["InvalidNetworkInterface.InUse", "InvalidParameterValue", "OperationNotPermitted"]
)


INTERFACE_CALLS: Final = (
    *iam.calls("ec2", iam.ANY_RESOURCE, "DescribeNetworkInterfaces"),
    # Lambda puts no stack's owner tag on them; their VPC is not known in advance.
    *iam.calls(
        "ec2", ec2_arn("network-interface", "*"), "DeleteNetworkInterface", when=(iam.HAS_NO_OWNER,)
    ),
    # These functions have versions as nodes, which declare the permissions.
    iam.call("lambda.ListVersionsByFunction"),
    iam.call("lambda.DeleteFunction"),
)
"""The calls of `wait_for_interfaces`."""
_SLOW_RELEASE: Final = Risk(Impact.SLOW, "Lambda releases network interfaces", 1200, GONE_BUDGET)


@dataclass(frozen=True, kw_only=True)
class NetworkInterfaces(HasParent):
    """The network interfaces that Lambda creates and deletes for `functions`.

    Nothing is created here; to delete them is to wait until Lambda has done it. The node lies
    between the functions and their group, subnets and roles, which must not be deleted before
    (E1, I12).

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """

    KIND = "ec2.network_interfaces"
    IDENTITY = ("group_id",)
    REPLACEMENT = Replacement.CREATE_FIRST
    MANAGEMENT = Management.MADE_BY_AWS
    RISKS = Risks(recreate=(_SLOW_RELEASE,), delete=(_SLOW_RELEASE,))
    API_CALLS = iam.ApiCalls(delete=INTERFACE_CALLS)

    group_id: Fixed[str]
    functions: Local[tuple[str, ...]] = ()

    def parent_owner(self, aws: Aws) -> str | None:
        return owner_of_group(aws, self.group_id)

    def observe(self, aws: Aws) -> Self | None:  # noqa: ARG002  (any number of them is right)
        return self

    def create(self, aws: Aws) -> Self:  # noqa: ARG002  (nothing to make)
        return self

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:  # noqa: ARG002
        return self

    def delete(self, aws: Aws) -> None:
        wait_for_interfaces(aws, self.functions, "group-id", self.group_id)


def wait_for_interfaces(
    aws: Aws, functions: Collection[str], what: Literal["group-id", "subnet-id"], place: str
) -> None:
    """Wait until Lambda has released all its interfaces in a group or subnet, named by `place`.

    None of `functions` may use it, except by versions that no alias leads to: these are deleted.
    """
    for function in functions:
        delete_versions_in(aws, function, place)
    pause = PAUSE if aws.access.deletes_lag else 0
    none_since: list[float] = []
    idle_since: dict[str, float] = {}

    def gone() -> bool | None:
        now = aws.clock.now()
        found = list(filter(is_lambda_interface, interfaces_in(aws, what, place)))
        if not found:
            none_since.append(now)
            return True if now - none_since[0] >= pause else None
        none_since.clear()
        idle = {part["NetworkInterfaceId"] for part in found if part["Status"] == "available"}
        for interface in idle_since.keys() - idle:
            del idle_since[interface]
        for interface in sorted(idle):
            if now - idle_since.setdefault(interface, now) >= ABANDONED:
                _remove(aws, interface)
        return None

    aws.wait(
        f"Lambda to release its network interfaces in {place}",
        gone,
        budget=GONE_BUDGET,
        first=PAUSE,
    )


def _remove(aws: Aws, interface: str) -> None:
    """Delete an unused one: it holds subnet and group, and Lambda may keep it for an hour (E5)."""
    try:
        aws.ec2.delete_network_interface(NetworkInterfaceId=interface)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if not is_not_found(code) and code not in _IN_USE:  # in use after all: waiting continues
            raise


def owner_of_group(aws: Aws, group_id: str) -> str | None:
    """Return the security group's owner tag: empty if it has none, None if there is no group."""
    with ignore_not_found():
        groups = aws.ec2.describe_security_groups(GroupIds=[group_id]).get("SecurityGroups", [])
        return owner_in(groups[0].get("Tags", ()))
    return None
