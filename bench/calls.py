"""The calls that a command sent to AWS: which, how many at once, and which waited for which."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from bench.proxy import Exchange
from provision.aws.access import READ_PREFIXES
from tests.faults.aws_behaviours.request_parser import SERVICES, Request, route

_SCOPE = re.compile(r"[^/]+/\d+/[^/]+/([^/]+)/aws4_request")


@dataclass(frozen=True)
class Call:
    """One call: begin and end in seconds on the machine's monotonic clock."""

    service: str
    operation: str
    begin: float
    end: float
    in_flight: int
    status: int

    @property
    def writes(self) -> bool:
        return not self.operation.startswith(READ_PREFIXES)


def named(exchange: Exchange) -> Call:
    """Return the exchange with the operation's name."""
    found = _SCOPE.match(exchange.credential)
    service = SERVICES.get(found[1], found[1]) if found else ""
    operation = exchange.action.rpartition(".")[2]
    if not operation:
        operation = _operation(service, exchange.method, exchange.target)
    return Call(
        service, operation, exchange.begin, exchange.end, exchange.in_flight, exchange.status
    )


@cache
def _operation(service: str, method: str, target: str) -> str:
    """Of a service that is asked by method and path."""
    if not service:
        return f"{method} {target}"  # not signed: no call to AWS
    return route(service, Request(method, target, {}, b""))[0]


def most_in_flight(calls: Sequence[Call]) -> int:
    return max((call.in_flight for call in calls), default=0)
