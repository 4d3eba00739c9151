"""The clients and the location of one account and region."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import sleep
from typing import Any

import pytest
from botocore.errorfactory import ClientExceptionsFactory

from provision.aws.access import Access
from provision.aws.client import Aws
from tests.support.harness import REGION, new_aws
from tests.support.virtual_clock import VirtualClock

pytestmark = pytest.mark.usefixtures("account")


def test_where_is_asked_once() -> None:
    aws = new_aws()
    assert aws.location.account == "123456789012"
    assert aws.location.partition == "aws"
    assert aws.location.dns_suffix == "amazonaws.com"
    assert aws.calls.read == 1


@pytest.mark.parametrize(
    ("region", "partition", "suffix"),
    [
        ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
    ],
)
def test_other_partitions(region: str, partition: str, suffix: str) -> None:
    aws = Aws(Access(region, credentials=("test", "test")), clock=VirtualClock())
    assert (aws.location.partition, aws.location.dns_suffix) == (partition, suffix)
    assert aws.location.arn("dynamodb", "table/t").startswith(f"arn:{partition}:dynamodb:{region}:")
    assert aws.location.arn("iam", "role/r", region=False).startswith(f"arn:{partition}:iam::1")


def test_an_emulator_needs_neither_profile_nor_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    access = Access(
        REGION, endpoint="http://127.0.0.1:1", credentials=("test", "test"), rate_limited=False
    )
    client = Aws(access, clock=VirtualClock()).sqs
    assert vars(client.meta.config)["proxies"] == {}
    assert client.meta.endpoint_url == "http://127.0.0.1:1"


def test_the_errors_of_a_client_are_made_when_asked_for_and_are_one_for_all_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws = Aws(Access(REGION, credentials=("test", "test"), rate_limited=False))
    client, together = aws.sqs, Barrier(4)
    assert vars(client)["_exceptions"] is None
    make = ClientExceptionsFactory._create_client_exceptions  # type: ignore[attr-defined]  # private

    def slowly(self: Any, model: Any) -> Any:
        sleep(0.05)
        return make(self, model)

    monkeypatch.setattr(ClientExceptionsFactory, "_create_client_exceptions", slowly)

    def ask(_: int) -> object:
        together.wait()
        return client.exceptions.QueueDoesNotExist

    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(ask, range(4)))) == 1
