"""Keeps calls below the published rates of API Gateway's control plane, so it refuses none (A1)."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from provision.clock import Clock


@dataclass(frozen=True)
class Rate:
    """A number of calls in a number of seconds, for one account and region."""

    calls: float
    seconds: float


# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
RATES: Final[Mapping[str, Rate]] = {
    "CreateRestApi": Rate(1, 3),
    "PutRestApi": Rate(1, 1),
    "CreateResource": Rate(5, 1),
    "DeleteResource": Rate(5, 1),
    "GetResources": Rate(5, 2),
    "CreateDeployment": Rate(1, 5),
    "CreateDomainName": Rate(1, 30),
    "UpdateDomainName": Rate(1, 30),
    "DeleteDomainName": Rate(1, 30),
    "UpdateUsagePlan": Rate(1, 20),
    "UpdateAccount": Rate(1, 20),
    "CreateApiKey": Rate(5, 1),
    "DeleteApiKey": Rate(5, 1),
    "DeleteRestApi": Rate(1, 30),
}
ACCOUNT_RATE: Final = Rate(8, 1)
BURST: Final = 32
"""The burst of all calls. AWS allows 10 a second with a burst of 40; a fifth is left to others."""


class TokenBucket:
    """A token bucket, which lets calls through at a rate after a burst."""

    def __init__(self, rate: Rate, clock: Clock, *, burst: float) -> None:
        self._interval = rate.seconds / rate.calls
        self._burst = burst
        self._clock = clock
        self._free_at = clock.now() - self._interval * burst

    def take(self) -> float:
        """Reserve the next turn and return the seconds until it comes (0 if it is now)."""
        now = self._clock.now()
        self._free_at = max(self._free_at, now - self._interval * (self._burst - 1))
        turn = self._free_at
        self._free_at += self._interval
        return max(0.0, turn - now)


class Pace:
    """A rate that several threads share: `wait` returns when the next call may be made."""

    def __init__(self, rate: Rate, clock: Clock, *, burst: float) -> None:
        self._clock = clock
        self._bucket = TokenBucket(rate, clock, burst=burst)
        self._mutex = threading.Lock()

    def wait(self) -> None:
        """Sleep until the next turn. Raise `Interrupted` if the user has asked to stop."""
        with self._mutex:
            seconds = self._bucket.take()
        if seconds > 0 or self._clock.stopped:
            self._clock.sleep(seconds)


class RateLimiter:
    """A bucket for each operation and one for all calls, shared by every thread of the process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._mutex = threading.Lock()
        self._buckets = {
            name: TokenBucket(rate, clock, burst=max(1.0, rate.calls))
            for name, rate in RATES.items()
        }
        self._all = TokenBucket(ACCOUNT_RATE, clock, burst=BURST)

    def wait(self, operation: str) -> float:
        """Sleep until the operation may be sent, and return the seconds slept."""
        with self._mutex:
            seconds = self._all.take()
            if bucket := self._buckets.get(operation):
                seconds = max(seconds, bucket.take())
        if seconds > 0:
            self._clock.sleep(seconds)
        return seconds
