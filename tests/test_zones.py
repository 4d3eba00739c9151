"""The zones chosen: plain ones in service, by name, and a clear word when there are too few."""

from __future__ import annotations

from typing import Any

import pytest

from provision.errors import NotFound
from provision.zones import available_zones
from tests.workshop import new_aws


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
    with pytest.raises(NotFound, match="us-east-1 has 2 zones that can be used, and 3 are wanted"):
        available_zones(aws, 3)


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
