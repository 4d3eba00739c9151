"""Public hosted zones, which somebody else made: found by name or id; how Route 53 spells names."""

from __future__ import annotations

import re
from typing import Final

from provision.aws import Aws
from provision.errors import NotFound

ZONE_ID: Final = re.compile("[A-Z0-9]{2,32}")


def the_zone(aws: Aws, zone: str, name: str) -> str:
    """The id of the zone to write the record into. Raises where there is none, or several of the
    name: only one of them is what the world sees (R7)."""
    ids = public_zones(aws, zone)
    if len(ids) == 1:
        return ids[0]
    if ids:
        raise NotFound(
            f"which public hosted zone {zone} is meant cannot be told: {', '.join(ids)}",
            hint="write the id of the one to which the domain is delegated into `api.domain.zone`"
            " of config.yaml",
        )
    raise NotFound(
        f"this account has no public hosted zone {zone}, where {name} belongs",
        hint="create the zone in Route 53 and delegate the domain to it, or correct"
        " api.domain.zone",
    )


def zone_is_there(aws: Aws, zone_id: str) -> bool:
    """Whether it is a public zone of this account."""
    try:
        found = aws.route53.get_hosted_zone(Id=zone_id)["HostedZone"]
    except aws.route53.exceptions.NoSuchHostedZone:
        return False
    return not found.get("Config", {}).get("PrivateZone", False)


def public_zones(aws: Aws, zone: str) -> tuple[str, ...]:
    """The ids of the public hosted zones of exactly that name, or of that id."""
    if ZONE_ID.fullmatch(zone):
        return (zone,) if zone_is_there(aws, zone) else ()
    return _named(aws, zone)


def _named(aws: Aws, name: str) -> tuple[str, ...]:
    answer = aws.route53.list_hosted_zones_by_name(DNSName=canonical(name) + ".")
    found = (
        zone["Id"].removeprefix("/hostedzone/")
        for zone in answer["HostedZones"]
        if canonical(zone["Name"]) == canonical(name)
        and not zone.get("Config", {}).get("PrivateZone")
    )
    return tuple(sorted(found))


def canonical(name: str) -> str:
    """R5: AWS shows names in lower case, with a last dot, and `*` as `\\052`."""
    return name.lower().rstrip(".").replace("\\052", "*")
