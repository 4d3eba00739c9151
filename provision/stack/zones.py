"""Chooses the availability zones of the subnets."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final

from provision.aws.client import Aws
from provision.errors import PrerequisiteMissing
from provision.model import iam
from provision.model.identity import Identity
from provision.model.step import OWNER, Step
from provision.steps.ec2.subnet import Subnet
from provision.steps.tagging import from_tag_list

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef

_SPARSE: Final = frozenset(["apne1-az3", "cac1-az3", "use1-az3", "usw1-az2"])
"""Ids of old zones in which AWS offers few services; their names differ by account. Lambda answers
there: "The provided subnets contain availability zone Lambda doesn't support"."""


CALLS: Final = iam.calls("ec2", iam.ANY_RESOURCE, "DescribeAvailabilityZones", "DescribeSubnets")
SUBNET: Final = "network.subnet."
"""The beginning of a subnet node's name; a number from 1 follows."""


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
    before = f"{identity.mark}/"
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
