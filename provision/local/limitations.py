"""Limitations of the emulator. The engine reports them, so that nothing is silently left out."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit, urlunsplit

DEFAULT_PORT: Final = 4566
LAST_PORT: Final = 65535
PORTS: Final = range(DEFAULT_PORT, DEFAULT_PORT + 200)
"""The ports among which a free one is chosen. All are below the systems' ephemeral ports."""
HOST: Final = "127.0.0.1"
IDENTITY: Final = "/_provision"
"""The path at which an emulator proves its identity."""
STOP: Final = "/_provision/stop"
STOP_HEADER: Final = "x-provision-stop"
"""The header that a request to stop needs."""
SERVING_LOCK: Final = "serving.lock"
"""The file in the emulator's folder that it locks while it runs."""

CREDENTIALS: Final = ("test", "test")
"""Any pair works, except that MiniStack takes an access key of twelve digits for an account id."""

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
"""Kind of step -> why it is not created on local."""

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
"""Kind of step -> field -> why it is not compared on local: accepted, but not returned."""

KINDS_WITHOUT_BACKUP: Final[Mapping[str, str]] = MappingProxyType(
    {"dynamodb.table": "the emulator makes none"}
)
"""Kind of step -> why it gets no final backup on local."""

UNLISTED: Final = (
    "alarms, log groups, certificates and domain names by tag: the emulator lists none of them"
)
"""Resources that may carry our owner tag there and that the emulator cannot list by tag."""


def invoke_url(endpoint: str, api_id: str, stage: str) -> str:
    """Return the URL of a deployed REST API; append a path that begins with a slash."""
    return f"{endpoint}/restapis/{api_id}/{stage}/_user_request_"


def as_reached(endpoint: str, address: str) -> str:
    """Return a queue's URL with the emulator's current port.

    MiniStack puts the port of the moment into the URL, and a record keeps it; it accepts any port.
    """
    was, now = urlsplit(address), urlsplit(endpoint)
    return urlunsplit(was._replace(netloc=now.netloc)) if was.hostname == now.hostname else address
