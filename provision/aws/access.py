"""Describes how AWS is reached and which account and region that leads to, and counts the calls."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import botocore.session

from provision.errors import PrerequisiteMissing

READ_PREFIXES: Final = ("Get", "List", "Describe", "Filter")
"""Prefixes of operations that change nothing. Every other one is counted and refused as a write."""


@dataclass
class CallCounts:
    """The number of calls that have left this process."""

    read: int = 0
    write: int = 0
    retried: int = 0
    mutex: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def count(self, *, write: bool) -> None:
        with self.mutex:
            if write:
                self.write += 1
            else:
                self.read += 1


@dataclass(frozen=True)
class Location:
    """The account, region and partition that the credentials lead to."""

    account: str
    region: str
    partition: str
    dns_suffix: str

    def arn(self, service: str, resource: str, *, region: bool = True, account: bool = True) -> str:
        """Return an ARN here. IAM's have no region, API Gateway's have no account (A18)."""
        place = self.region if region else ""
        owner = self.account if account else ""
        return f"arn:{self.partition}:{service}:{place}:{owner}:{resource}"


@dataclass(frozen=True)
class Access:
    """The way to reach AWS. `endpoint` and `credentials` are set for an emulator only."""

    region: str
    profile: str | None = None
    endpoint: str | None = None
    credentials: tuple[str, str] | None = None
    on_client_created: Callable[[Any], None] | None = None
    """Called with every new client, to correct what an emulator does differently from AWS."""
    anywhere: bool = False
    """Credentials may be sent to any address (`credential_guard`)."""
    rate_limited: bool = True
    deletes_lag: bool = True
    """A deleted resource may stay visible, or reappear, for a while: as in AWS itself."""


def location_of(core: botocore.session.Session, account: str, region: str) -> Location:
    """Return the location, with the partition that this AWS SDK has for the region."""
    partition = core.get_partition_for_region(region)
    return Location(account, region, partition, dns_suffix(core, partition))


def account_of(arn: str) -> str:
    return arn.split(":")[4]


def dns_suffix(core: botocore.session.Session, partition: str) -> str:
    """Return the ending of AWS's host names in the partition.

    Raises `PrerequisiteMissing` if this AWS SDK does not know the partition.
    """
    for known in core.get_data("partitions")["partitions"]:
        if known["id"] == partition:
            suffix: str = known["outputs"]["dnsSuffix"]
            return suffix
    raise PrerequisiteMissing(f"this AWS SDK does not know the partition {partition}")


def is_real(environment: Mapping[str, str]) -> bool:
    """Return whether these environment variables lead to AWS.

    An emulator on this machine refuses no call for its rate and deletes at once, so calls need no
    rate limit and deletions no wait.
    """
    host = urlsplit(environment.get("AWS_ENDPOINT_URL", "")).hostname
    return host not in {"localhost", "127.0.0.1", "::1"}
