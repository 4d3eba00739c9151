"""Availability zones are chosen by name among usable ones; too few give a clear error."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provision.aws.client import Aws
from provision.errors import PrerequisiteMissing
from provision.model.identity import Identity
from provision.model.step import OWNER
from provision.stack.lookups import available_zones, zones_of
from provision.steps.ec2.subnet import Subnet
from tests.support.harness import new_aws

pytestmark = pytest.mark.usefixtures("one_item_a_page")


def zone(name: str, **other: str) -> dict[str, str]:
    plain = {
        "State": "available",
        "OptInStatus": "opt-in-not-required",
        "ZoneType": "availability-zone",
    }
    return {"ZoneName": name, **plain, **other}


def test_the_first_by_name(account: None) -> None:
    assert available_zones(new_aws(), 2) == ("us-east-1a", "us-east-1b")
    assert available_zones(new_aws(), 3) == ("us-east-1a", "us-east-1b", "us-east-1c")


def test_only_plain_zones_in_service(account: None, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = new_aws()
    answer: dict[str, Any] = {
        "AvailabilityZones": [
            zone("us-east-1d"),
            zone("us-east-1a", State="impaired"),
            zone("us-east-1-bos-1a", ZoneType="local-zone", OptInStatus="opted-in"),
            zone("us-east-1-wl1-bos-wlz-1", ZoneType="wavelength-zone"),
            zone("us-east-1b", OptInStatus="not-opted-in"),
            zone("us-east-1c"),
        ]
    }
    monkeypatch.setattr(aws.ec2, "describe_availability_zones", lambda **_: answer)
    assert available_zones(aws, 2) == ("us-east-1c", "us-east-1d")
    with pytest.raises(
        PrerequisiteMissing, match="us-east-1 has 2 zones that can be used, and 3 are wanted"
    ):
        available_zones(aws, 3)


STACK = Identity("tap", "dev", "us-east-1", "123456789012")
FIRST, SECOND, THIRD = (f"network.subnet.{number}" for number in (1, 2, 3))


def stand(aws: Aws, zone: str, node: str, cidr: str, stack: Identity = STACK) -> Subnet:
    """Create a subnet that belongs to a stack, in one zone, and return it."""
    vpc = aws.ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    tags = {OWNER: f"{stack.owner_prefix}/{node}"}
    return Subnet(vpc_id=vpc, cidr=cidr, zone=zone, tags=tags).create(aws)


def test_what_stands_keeps_its_zone_with_the_state(account: None) -> None:
    aws = new_aws()
    recorded = {FIRST: stand(aws, "us-east-1d", FIRST, "10.20.0.0/24")}
    assert zones_of(aws, 1, recorded, STACK) == ("us-east-1d",)
    assert zones_of(aws, 2, recorded, STACK) == ("us-east-1d", "us-east-1a")


def test_what_stands_keeps_its_zone_without_the_state(account: None) -> None:
    aws = new_aws()
    stand(aws, "us-east-1c", SECOND, "10.20.1.0/24")
    stand(aws, "us-east-1a", FIRST, "10.20.0.0/24")
    assert zones_of(aws, 2, {}, STACK) == ("us-east-1a", "us-east-1c")
    assert zones_of(aws, 3, {}, STACK) == ("us-east-1a", "us-east-1c", "us-east-1b")
    assert zones_of(aws, 1, {}, STACK) == ("us-east-1a",)


def test_a_zone_that_aws_closed_stays_where_a_subnet_stands(
    account: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws = new_aws()
    stand(aws, "us-east-1c", FIRST, "10.20.0.0/24")
    answer: dict[str, Any] = {
        "AvailabilityZones": [zone("us-east-1c", State="unavailable"), zone("us-east-1d")]
    }
    monkeypatch.setattr(aws.ec2, "describe_availability_zones", lambda **_: answer)
    assert zones_of(aws, 2, {}, STACK) == ("us-east-1c", "us-east-1d")
    with pytest.raises(
        PrerequisiteMissing, match="us-east-1 has 2 zones that can be used, and 3 are wanted"
    ):
        zones_of(aws, 3, {}, STACK)


def test_another_stacks_subnets_say_nothing(account: None) -> None:
    aws = new_aws()
    stand(aws, "us-east-1d", FIRST, "10.20.0.0/24", replace(STACK, name="tap-dev"))
    stand(aws, "us-east-1e", FIRST, "10.20.0.0/24", replace(STACK, environment="dev2"))
    assert zones_of(aws, 2, {}, STACK) == ("us-east-1a", "us-east-1b")


def test_zones_lambda_refuses_come_last(account: None, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = new_aws()
    answer: dict[str, Any] = {
        "AvailabilityZones": [
            zone("us-east-1a", ZoneId="use1-az3"),
            zone("us-east-1b", ZoneId="use1-az1"),
            zone("us-east-1c", ZoneId="use1-az2"),
        ]
    }
    monkeypatch.setattr(aws.ec2, "describe_availability_zones", lambda **_: answer)
    assert available_zones(aws, 2) == ("us-east-1b", "us-east-1c")
    assert available_zones(aws, 3) == ("us-east-1b", "us-east-1c", "us-east-1a")
