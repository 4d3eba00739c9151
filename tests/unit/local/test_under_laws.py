"""Laws of AWS in front of MiniStack: a naive client fails under them, and ours does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from provision import local
from provision.aws.access import Access
from provision.aws.client import Aws
from provision.steps.sqs.queue import Queue
from tests.faults.aws_behaviours.frame import Court
from tests.faults.aws_behaviours.proxy import FastClock, LawProxy
from tests.faults.aws_behaviours.rules.lambda_ import FirstPending, UpdatesTakeTime
from tests.faults.aws_behaviours.rules.sqs import NotVisibleAtOnce
from tests.support.harness import Recorder, Workshop, one_node
from tests.unit.local.conftest import connect
from tests.unit.steps.lambda_world import NAME, a_function

pytestmark = pytest.mark.emulator

FASTER = 10
"""Minutes in a law pass this many times faster; a client that polls twice in one is on time."""


@pytest.fixture
def through(emulator: local.Emulator) -> LawProxy:
    laws = (NotVisibleAtOnce(), FirstPending(), UpdatesTakeTime())
    return LawProxy(Court(laws, FastClock(FASTER)), emulator.endpoint)


@pytest.fixture
def endpoint(through: LawProxy) -> Iterator[str]:
    with through as endpoint:
        yield endpoint


@dataclass
class OverHttp(Workshop):
    """A workshop whose account is behind the proxy."""

    endpoint: str = field(kw_only=True)

    def connect(self, recorder: Recorder) -> Aws:
        def prepare(client: Any) -> None:
            recorder.watch(client)
            local.install(client)

        keys = local.CREDENTIALS
        return Aws(
            Access("us-east-1", endpoint=self.endpoint, credentials=keys, on_client_created=prepare)
        )


def test_a_queue_and_a_function(through: LawProxy, endpoint: str, tmp_path: Path) -> None:
    sqs: Any = connect("sqs", endpoint)
    sqs.create_queue(QueueName="naive")
    with pytest.raises(ClientError, match="NonExistentQueue"):  # (Q1)
        sqs.get_queue_url(QueueName="naive")
    naive: Any = connect("lambda", endpoint)
    shop = OverHttp(tmp_path / "state", endpoint=endpoint)
    function = a_function(shop.connect(Recorder()), tmp_path)
    shop.run(one_node(function), "up")
    naive.update_function_configuration(FunctionName=NAME, MemorySize=256)
    with pytest.raises(ClientError, match="An update is in progress"):  # (L7)
        naive.publish_version(FunctionName=NAME)
    shop.run(one_node(function), "up")
    assert shop.last.writes == ["UpdateFunctionConfiguration"]
    shop.run(one_node(function), "up")
    assert shop.last.writes == []
    queues = OverHttp(tmp_path / "queues", endpoint=endpoint)
    queues.run(one_node(Queue(name="dead", tags={})), "up")
    queues.run(one_node(Queue(name="dead", tags={})), "up")
    assert queues.last.writes == []
    assert {sent.row for sent in through.court.sent if sent.refusal} == {"L7", "Q1"}
    assert through.unknown == []
