"""Looks up in the account what the nodes depend on: its alias, the zones, the customer's key."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from provision.aws.client import Aws
from provision.aws.failed_call import NO_GOOD_ANSWER
from provision.errors import ApiError, PrerequisiteMissing, ProvisionError
from provision.model import iam
from provision.model.identity import Identity
from provision.model.step import OWNER, Step
from provision.steps.ec2.subnet import Subnet
from provision.steps.not_found import found_or_none
from provision.steps.tagging import from_tag_list

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef

ALIAS_CALLS: Final = iam.calls("iam", iam.ANY_RESOURCE, "ListAccountAliases")
KEY_CALLS: Final = iam.calls("kms", iam.arn("kms", "key/*"), "DescribeKey")
ZONE_CALLS: Final = iam.calls(
    "ec2", iam.ANY_RESOURCE, "DescribeAvailabilityZones", "DescribeSubnets"
)
_KEY: Final = re.compile(r"arn:[^:]+:kms:[^:]+:[0-9]{12}:key/[^/]+")
_SPARSE: Final = frozenset(["apne1-az3", "cac1-az3", "use1-az3", "usw1-az2"])
"""Ids of old zones in which AWS offers few services; their names differ by account. Lambda answers
there: "The provided subnets contain availability zone Lambda doesn't support"."""

SUBNET: Final = "network.subnet."
"""The beginning of a subnet node's name; a number from 1 follows."""


Say = Callable[[Exception], None]
KeyOf = Callable[[Aws, str, Iterable[Step], Say], str]
"""A function that returns the ARN of the key from its name in config.yaml and the recorded steps.
It passes an error that stops nothing to `say`."""


def account_alias(aws: Aws) -> str:
    """Return the account's alias; empty if there is none or if it may not be read.

    It is for the user, who may confuse twelve-digit numbers.
    """
    try:
        pages = aws.iam.get_paginator("list_account_aliases").paginate()
        return next((alias for page in pages for alias in page["AccountAliases"]), "")
    except NO_GOOD_ANSWER:  # only shown to the user: nothing depends on it
        return ""


def demanded_key(aws: Aws, name: str, recorded: Iterable[Step], say: Say) -> str:  # noqa: ARG001  (a `KeyOf`)
    """Return the key for commands that create resources, as `given_key` does."""
    return given_key(aws, name)


def key_as_recorded(aws: Aws, name: str, recorded: Iterable[Step], say: Say) -> str:
    """Return the key for commands that only read or delete.

    If the key cannot be used, the error is passed to `say`, and the recorded key or the alias's own
    ARN is returned.
    """
    try:
        return given_key(aws, name)
    except (ProvisionError, *NO_GOOD_ANSWER) as error:
        say(error)
    values = (value for step in recorded for value in vars(step).values())
    arns = {value for value in values if isinstance(value, str) and _KEY.fullmatch(value)}
    return arns.pop() if len(arns) == 1 else aws.location.arn("kms", name)


def given_key(aws: Aws, name: str) -> str:
    """Return the ARN of the key behind the alias; empty if `name` is not an alias.

    Raises `PrerequisiteMissing` if there is no such key, `ApiError` if it cannot encrypt.
    """
    if not name.startswith("alias/"):
        return ""
    found = found_or_none(lambda: aws.kms.describe_key(KeyId=name)["KeyMetadata"])
    if found is None:
        raise PrerequisiteMissing(
            f"there is no key {name} in {aws.location.region}",
            hint="name one that is there in `encryption.key` of config.yaml, or write `create`",
        )
    if found.get("KeyState") != "Enabled" or found.get("KeySpec") != "SYMMETRIC_DEFAULT":
        raise ApiError(
            f"the key {name} cannot encrypt: it is {found.get('KeyState')}, {found.get('KeySpec')}",
            hint="enable it, or name a symmetric one in `encryption.key` of config.yaml",
        )
    return found.get("Arn", "")


def zones_of(
    aws: Aws, count: int, recorded: Mapping[str, Step], identity: Identity
) -> tuple[str, ...]:
    """Return the zones of subnets 1 to `count`.

    An existing subnet keeps its zone, known from the state or, if that is lost, from its owner tag:
    a zone that AWS closes or adds, or a further subnet, moves no other. The rest get AWS's first
    zones. Raises `PrerequisiteMissing` if the region has fewer.
    """
    wanted = [f"{SUBNET}{number}" for number in range(1, count + 1)]
    kept = {name: step.zone for name, step in recorded.items() if isinstance(step, Subnet)}
    if not kept.keys() >= set(wanted):
        kept = {**_standing(aws, identity), **kept}
    missing = [name for name in wanted if name not in kept]
    if missing:
        taken = [kept[name] for name in wanted if name in kept]
        kept |= zip(missing, available_zones(aws, len(missing), taken), strict=True)
    return tuple(kept[name] for name in wanted)


def _standing(aws: Aws, identity: Identity) -> dict[str, str]:
    """Return the zones of the stack's existing subnets, by node.

    Of two of one node, left by an interrupted replacement, the one in the first zone by name
    counts.
    """
    before = f"{identity.owner_prefix}/"
    filters: list[FilterTypeDef] = [{"Name": f"tag:{OWNER}", "Values": [f"{before}{SUBNET}*"]}]
    pages = aws.ec2.get_paginator("describe_subnets").paginate(Filters=filters)
    found = sorted(
        (subnet["AvailabilityZone"], from_tag_list(subnet.get("Tags", [])).get(OWNER, ""))
        for page in pages
        for subnet in page.get("Subnets", [])
    )
    return {owner.removeprefix(before): zone for zone, owner in reversed(found)}


def available_zones(aws: Aws, count: int, taken: Collection[str] = ()) -> tuple[str, ...]:
    """Return the first `count` zones by name that every account may use and that are not `taken`.

    Local and wavelength zones are left out; sparse ones are last. Raises `PrerequisiteMissing` if
    there are fewer.
    """
    found = aws.ec2.describe_availability_zones().get("AvailabilityZones", [])
    names = sorted(
        (zone.get("ZoneId") in _SPARSE, zone["ZoneName"])
        for zone in found
        if zone["State"] == "available"
        and zone.get("OptInStatus", "opt-in-not-required") == "opt-in-not-required"
        and zone.get("ZoneType", "availability-zone") == "availability-zone"
        and zone["ZoneName"] not in taken
    )
    if len(names) < count:
        there, wanted = len(names) + len(taken), count + len(taken)
        raise PrerequisiteMissing(
            f"{aws.location.region} has {there} zones that can be used, and {wanted} are wanted",
            hint="lower network.zones in config.yaml, or choose another region",
        )
    return tuple(name for _, name in names[:count])
