"""How AWS is reached, where that leads, and how many calls went there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import botocore.session

from provision.errors import PrerequisiteMissing

READ_PREFIXES: Final = ("Get", "List", "Describe", "Filter")
"""Operations that change nothing. Whatever is not one of these counts, and is refused, as a write.
"""


@dataclass
class CallCounts:
    """How many calls have left this process."""

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
        """An ARN here. IAM's have no region; API Gateway's have no account (A18)."""
        place = self.region if region else ""
        owner = self.account if account else ""
        return f"arn:{self.partition}:{service}:{place}:{owner}:{resource}"


@dataclass(frozen=True)
class Access:
    """How AWS is reached. `endpoint` and `credentials` are set for an emulator only."""

    region: str
    profile: str | None = None
    endpoint: str | None = None
    credentials: tuple[str, str] | None = None
    on_client_created: Callable[[Any], None] | None = None
    """Called with every new client: where an emulator's lies are put right."""
    anywhere: bool = False
    """Credentials may leave for a stranger (endpoints.py)."""
    rate_limited: bool = True
    deletes_lag: bool = True
    """What is deleted may be there, or come back, for a while after: as in AWS itself."""


def location_of(core: botocore.session.Session, account: str, region: str) -> Location:
    """The place, as this AWS SDK knows the region."""
    partition = core.get_partition_for_region(region)
    return Location(account, region, partition, dns_suffix(core, partition))


def account_of(arn: str) -> str:
    return arn.split(":")[4]


def dns_suffix(core: botocore.session.Session, partition: str) -> str:
    """What AWS's host names end with there."""
    for known in core.get_data("partitions")["partitions"]:
        if known["id"] == partition:
            suffix: str = known["outputs"]["dnsSuffix"]
            return suffix
    raise PrerequisiteMissing(f"this AWS SDK does not know the partition {partition}")


def is_real(environment: Mapping[str, str]) -> bool:
    """Whether these variables lead to AWS. An emulator on this machine refuses no call for its
    rate, and what it has deleted is gone: there is nothing to hold back or to wait for."""
    host = urlsplit(environment.get("AWS_ENDPOINT_URL", "")).hostname
    return host not in {"localhost", "127.0.0.1", "::1"}
