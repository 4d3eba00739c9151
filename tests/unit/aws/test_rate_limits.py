"""The rate limiter keeps below API Gateway's published rates, in virtual time."""

from __future__ import annotations

from provision.aws.rate_limits import ACCOUNT_RATE, RATES, RateLimiter
from tests.support.virtual_clock import VirtualClock


def seconds_for(operation: str, calls: int) -> float:
    clock = VirtualClock()
    limiter = RateLimiter(clock)
    began = clock.now()
    for _ in range(calls):
        limiter.wait(operation)
    return clock.now() - began


def test_each_operation_keeps_its_rate() -> None:
    for operation, rate in RATES.items():
        calls = 20
        free = max(1.0, rate.calls)
        least = (calls - free) * rate.seconds / rate.calls
        assert seconds_for(operation, calls) >= least - 1e-6, operation


def test_the_first_call_never_waits() -> None:
    assert all(seconds_for(operation, 1) == 0 for operation in RATES)


def test_all_calls_together_keep_below_the_shared_rate() -> None:
    assert seconds_for("GetStage", 32) == 0  # within the burst
    spent = seconds_for("GetStage", 200)
    assert spent >= (200 - 32) * ACCOUNT_RATE.seconds / ACCOUNT_RATE.calls - 1


def test_a_rest_saves_up_no_more_than_the_burst() -> None:
    clock = VirtualClock()
    limiter = RateLimiter(clock)
    clock.sleep(3600)
    assert [limiter.wait("DeleteRestApi") for _ in range(3)][1] > 25
