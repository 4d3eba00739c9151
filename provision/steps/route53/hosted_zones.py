"""Public hosted zones, which no stack manages: found by name or id; the canonical form of names."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from provision.aws.client import Aws
from provision.errors import ApiError, PrerequisiteMissing
from provision.steps.not_found import found_or_none
from provision.unknown import is_known

ZONE_ID: Final = re.compile("[A-Z0-9]{2,32}")


@dataclass(frozen=True)
class HostedZone:
    """A public hosted zone; its name is in the form of `canonical`."""

    id: str
    name: str


def the_zone(aws: Aws, zone: str, name: str) -> HostedZone:
    """Return the hosted zone to write the record `name` into; `zone` is the zone's name or id.

    Raises PrerequisiteMissing if there is none, or several of the name: the public DNS uses only
    one of them (R7).
    """
    found = _found(aws, zone)
    if len(found) == 1:
        return found[0]
    if found:
        ids = [one.id for one in found]
        raise PrerequisiteMissing(
            f"there is more than one public hosted zone {zone}: {', '.join(ids)}",
            hint="write the id of the one to which the domain is delegated into `api.domain.zone`"
            " of config.yaml",
        )
    raise PrerequisiteMissing(
        f"this account has no public hosted zone {zone}, where {name} belongs",
        hint="create the zone in Route 53 and delegate the domain to it, or correct"
        " api.domain.zone",
    )


def zone_is_there(aws: Aws, zone_id: str) -> bool:
    """Return whether it is a public zone of this account."""
    return bool(_by_id(aws, zone_id))


def public_zones(aws: Aws, zone: str) -> tuple[str, ...]:
    """Return the ids of the public hosted zones with exactly that name, or that id."""
    return tuple(one.id for one in _found(aws, zone))


def demand_seen(aws: Aws, zone: HostedZone, name: str, types: Collection[str]) -> None:
    """Raise ApiError if the public DNS does not ask this zone for the name.

    That is, if the name is outside the zone, or if an NS record at the name or above it leads to
    other name servers. `types` are the types of the records that exist at the name.

    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-routing-traffic-for-subdomains.html
    """
    name = canonical(name)
    if name == zone.name:  # its NS records are the zone's own
        return
    if not name.endswith(f".{zone.name}"):
        raise ApiError(
            f"{name} is not inside the zone {zone.name} ({zone.id})",
            hint="correct api.domain.name or api.domain.zone",
        )
    labels = name.removesuffix(f".{zone.name}").split(".")
    between = [".".join([*labels[start:], zone.name]) for start in range(len(labels) - 1, 0, -1)]
    cut = next((each for each in between if _led_away(aws, zone, each)), "")
    if cut := cut or (name if "NS" in types else ""):
        raise ApiError(
            f"NS {cut} in the zone {zone.name} leads to other name servers: {name} in this zone"
            " would not be found, and ACM could not validate it",
            hint=f"write the hosted zone of {cut} into `api.domain.zone`, making it in this"
            " account where it is not; or choose another `api.domain.name`, or delete that record",
        )


def _led_away(aws: Aws, zone: HostedZone, name: str) -> bool:
    answer = aws.route53.list_resource_record_sets(
        HostedZoneId=zone.id, StartRecordName=f"{name}.", StartRecordType="NS", MaxItems="1"
    )
    return any(
        (found["Type"], canonical(found["Name"])) == ("NS", name)
        for found in answer["ResourceRecordSets"]
    )


def _found(aws: Aws, zone: str) -> tuple[HostedZone, ...]:
    return _by_id(aws, zone) if ZONE_ID.fullmatch(zone) else _named(aws, zone)


def _by_id(aws: Aws, zone_id: str) -> tuple[HostedZone, ...]:
    found = found_or_none(lambda: aws.route53.get_hosted_zone(Id=zone_id)["HostedZone"])
    if found is None:
        return ()
    private = found.get("Config", {}).get("PrivateZone", False)
    return () if private else (HostedZone(zone_id, canonical(found["Name"])),)


def _named(aws: Aws, name: str) -> tuple[HostedZone, ...]:
    answer = aws.route53.list_hosted_zones_by_name(DNSName=canonical(name) + ".")
    ids = sorted(
        zone["Id"].removeprefix("/hostedzone/")
        for zone in answer["HostedZones"]
        if canonical(zone["Name"]) == canonical(name)
        and not zone.get("Config", {}).get("PrivateZone")
    )
    return tuple(HostedZone(each, canonical(name)) for each in ids)


def canonical(name: str) -> str:
    """Return the name in lower case, without a last dot, with `*`.

    AWS shows names in lower case, with a last dot, and `*` as `\\052` (R5).
    """
    return name.lower().rstrip(".").replace("\\052", "*")


def spelled(wanted: str | None, shown: str) -> str:
    """Return the wanted spelling if AWS shows the same name, else the name in canonical form."""
    plain = canonical(shown)
    if not is_known(wanted):
        return plain
    return wanted if wanted and canonical(wanted) == plain else plain
