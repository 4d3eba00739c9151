"""DNS records that the deployer may write.

They are the domain's own, and those with the form of ACM's validation record for it.
"""

from __future__ import annotations

import pytest

from provision.permissions.policies import policies
from tests.conformance.permissions.evaluation import Ask, allowed, lines
from tests.conformance.permissions.full_page import full_asks

HEX = "a79865eb4cd1a6ab990a45779b4e0b96"
CHANGE = "route53:changeresourcerecordsets"


def may_write(kind: str, *names: str) -> bool:
    found = lines(policy.document for policy in policies("deployer", full_asks()))
    told = {
        f"{CHANGE}normalizedrecordnames": names,
        f"{CHANGE}recordtypes": (kind,),
        f"{CHANGE}actions": ("UPSERT",),
    }
    return allowed(
        Ask("route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z1", told), found
    )


def test_its_own_records_may_be_written() -> None:
    assert may_write("A", "api.example.com")
    assert may_write("CNAME", f"_{HEX}.api.example.com")


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("A", f"_{HEX}.api.example.com"),
        ("A", "v2.api.example.com"),
        ("CNAME", "_dmarc.api.example.com"),
        ("CNAME", "_acme-challenge.v2.api.example.com"),
        ("CNAME", f"_{HEX}.v2.api.example.com"),
        ("CNAME", f"_acme-challenge.{'v' * 16}.api.example.com"),  # 32 characters, one is a dot
        ("CNAME", f"_{HEX}.example.com"),
        ("CNAME", "api.example.com"),
    ],
)
def test_no_other_may(kind: str, name: str) -> None:
    assert not may_write(kind, name)


def test_nor_beside_one_that_may() -> None:
    assert not may_write("CNAME", f"_{HEX}.api.example.com", f"_{HEX}.v2.api.example.com")
