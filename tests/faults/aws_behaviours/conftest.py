"""Fixtures of the tests of laws: a court in front of the emulated account, and its clients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config

from provision.aws.access import Access
from provision.aws.client import Aws
from tests.faults.aws_behaviours.frame import Court, Law
from tests.support.harness import REGION, Recorder, _core
from tests.support.virtual_clock import VirtualClock

Session = Callable[..., Court]


@pytest.fixture
def court(account: None) -> Session:
    """Return a function that puts a court of some laws in front of the emulated account."""

    def made(*laws: Law, seed: int = 0) -> Court:
        return Court(laws, VirtualClock(), seed)

    return made


def naive(court: Court, service: str) -> Any:
    """Return a plain boto3 client, without our retries and without botocore's."""
    client = boto3.client(  # type: ignore[call-overload]  # by any name
        service, region_name=REGION, config=Config(retries={"total_max_attempts": 1})
    )
    court.install(client)
    return client


def ours(court: Court, recorder: Recorder | None = None) -> Aws:
    """Return our connection to the same account, at the same time."""

    def prepare(client: Any) -> None:
        if recorder:
            recorder.watch(client)
        court.install(client)

    access = Access(region=REGION, credentials=("test", "test"), on_client_created=prepare)
    return Aws(access, clock=court.clock, core=_core())
