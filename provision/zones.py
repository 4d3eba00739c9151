"""Which availability zones the subnets stand in."""

from __future__ import annotations

from typing import Final

from provision.aws import Aws
from provision.errors import NotFound
from provision.permissions.declare import EVERY, calls

_SPARSE: Final = frozenset(["apne1-az3", "cac1-az3", "use1-az3", "usw1-az2"])
"""Ids of old zones to which AWS brings few services; which name has which id differs by account.
Lambda answers there: "The provided subnets contain availability zone Lambda doesn't support"."""


CALLS: Final = calls("ec2", EVERY, "DescribeAvailabilityZones")


def available_zones(aws: Aws, count: int) -> tuple[str, ...]:
    """The first `count` zones by name that every account may use, without local and wavelength
    zones; sparse ones come last. Raises where the region has fewer."""
    found = aws.ec2.describe_availability_zones()["AvailabilityZones"]
    names = sorted(
        (zone.get("ZoneId") in _SPARSE, zone["ZoneName"])
        for zone in found
        if zone["State"] == "available"
        and zone.get("OptInStatus", "opt-in-not-required") == "opt-in-not-required"
        and zone.get("ZoneType", "availability-zone") == "availability-zone"
    )
    if len(names) < count:
        raise NotFound(
            f"{aws.where.region} has {len(names)} zones that can be used, and {count} are wanted",
            hint="lower network.zones in config.yaml, or choose another region",
        )
    return tuple(name for _, name in names[:count])
