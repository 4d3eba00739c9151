"""What the emulator lacks and forgets, for the engine: nothing is silently dropped."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit, urlunsplit

DEFAULT_PORT: Final = 4566
LAST_PORT: Final = 65535
PORTS: Final = range(DEFAULT_PORT, DEFAULT_PORT + 200)
"""Where a free port is looked for. All are below the ports that systems lend to clients."""
HOST: Final = "127.0.0.1"
IDENTITY: Final = "/_provision"
"""Where an emulator proves whose it is."""
STOP: Final = "/_provision/stop"

CREDENTIALS: Final = ("test", "test")
"""Any pair will do; an access key of twelve digits would be read as another account."""

ACCOUNT: Final = "000000000000"

UNSUPPORTED_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "autoscaling.target": "the emulator has no Application Auto Scaling",
        "autoscaling.policy": "the emulator has no Application Auto Scaling",
        "ec2.flow_log": "the emulator has no traffic to log",
        "ec2.interface_endpoint": "the emulator's functions reach its services without",
        "ec2.network_interfaces": "the emulator gives functions no network interfaces",
        "wafv2.web_acl": "the emulator refuses no request for its content",
        "wafv2.web_acl_association": "the emulator refuses no request for its content",
    }
)
"""Kind of step -> why it is not made on local."""

UNREADABLE_FIELDS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "cloudwatch.dashboard": MappingProxyType(
            {"tags": "the emulator drops the tags of a dashboard"}
        ),
        "dynamodb.table": MappingProxyType(
            {"recovery_days": "the emulator drops for how many days it keeps points in time"}
        ),
        "logs.group": MappingProxyType(
            {
                "key": "the emulator cannot change the key of a log group",
                "protect": "the emulator has no deletion protection of log groups",
            }
        ),
    }
)
"""Kind of step -> field -> why it is not compared on local: taken, but not given back."""

KINDS_WITHOUT_BACKUP: Final[Mapping[str, str]] = MappingProxyType(
    {"dynamodb.table": "the emulator makes none"}
)
"""Kind of step -> why no final backup of it is made on local."""

UNLISTED: Final = (
    "alarms, log groups, certificates and domain names by tag: the emulator lists none of them"
)
"""What may carry our mark there and is in no list of its that we could ask."""


def invoke_url(endpoint: str, api_id: str, stage: str) -> str:
    """Where a deployed REST API answers; append a path that begins with a slash."""
    return f"{endpoint}/restapis/{api_id}/{stage}/_user_request_"


def as_reached(endpoint: str, address: str) -> str:
    """MiniStack builds the addresses of queues with the port it had when they were made or asked
    for, and a record keeps that; it takes them with any."""
    was, now = urlsplit(address), urlsplit(endpoint)
    return urlunsplit(was._replace(netloc=now.netloc)) if was.hostname == now.hostname else address
