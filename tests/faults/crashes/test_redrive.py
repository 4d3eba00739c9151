"""`dlq redrive` killed at every write, and with lost answers, loses no event.

Every event is in the queue or ran successfully; events that arrive in the meantime are left alone;
a poison message ends the run once.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from moto.awslambda.responses import LambdaResponse
from moto.sqs.models import sqs_backends

from provision.aws.client import Aws
from provision.workflows.dead_letters import LetterQueue, read_queue
from provision.workflows.invoke import InvocationTarget
from provision.workflows.redrive import (
    Destination,
    Outcome,
    Redrive,
    RedriveOptions,
    Tried,
)
from tests.support.harness import Died, Recorder, Where, new_aws

NAME = "tap-dev-items-dead-letters"
POISON = "poison"


class Function:
    """A function that fails only for the poison message, and counts its events."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.succeeded: set[str] = set()
        self.meanwhile: Callable[[], None] = lambda: None
        self.status = 200

    def answer(self, request: Any) -> tuple[int, dict[str, str], str]:
        event = json.loads(request.body)["id"]
        self.ran.append(event)
        self.meanwhile()
        if event == POISON:
            said = {"errorType": "KeyError", "errorMessage": "id"}
            return 200, {"x-amz-function-error": "Unhandled"}, json.dumps(said)
        self.succeeded.add(event)
        return self.status, {"status": str(self.status)}, "null"


@pytest.fixture
def function(account: None, monkeypatch: pytest.MonkeyPatch) -> Function:
    found = Function()

    def invoke(request: Any) -> tuple[int, dict[str, str], str]:
        return found.answer(request)

    monkeypatch.setattr(LambdaResponse, "invoke", invoke)
    boto3.client("sqs").create_queue(
        QueueName=NAME, tags={"provision:owner": "tap/function.items.dead_letters"}
    )
    return found


def send(*events: str) -> None:
    client = boto3.client("sqs")
    url = client.get_queue_url(QueueName=NAME)["QueueUrl"]
    for event in events:
        client.send_message(QueueUrl=url, MessageBody=json.dumps({"id": event}))


def left() -> list[str]:
    """Return the events in the queue, hidden ones too."""
    (queue,) = sqs_backends["123456789012"]["us-east-1"].queues.values()
    return sorted(json.loads(message.body)["id"] for message in queue._messages)


def counted(aws: Aws) -> LetterQueue:
    queue = read_queue(aws, "tap", "items", NAME)
    assert queue
    return queue


def run(aws: Aws, workers: int = 1, **options: Any) -> list[Tried]:
    target = Destination(InvocationTarget("tap-dev-items", "live"), "8", 10)
    chosen = RedriveOptions(**options)
    return Redrive(aws, counted(aws), target, chosen, lambda _: None).run(workers)


EVENTS = ("a", "b", POISON, "c")


def test_all_that_succeed_are_removed_and_the_poison_stays(function: Function) -> None:
    send(*EVENTS)
    found = run(new_aws(), workers=5)
    assert sorted(function.ran) == sorted(EVENTS), "each once"
    assert left() == [POISON]
    assert sorted(each.outcome for each in found) == [Outcome.DONE] * 3 + [Outcome.FAILED]
    assert counted(new_aws()).waiting == 1, "it is to be seen again at once"


@pytest.mark.parametrize("where", Where)
@pytest.mark.parametrize("number", range(1, 13))
def test_killed_at_every_write(function: Function, where: Where, number: int) -> None:
    send(*EVENTS)
    recorder = Recorder(die=(where, number))
    with pytest.raises(Died):
        run(new_aws(recorder))
    assert set(left()) | function.succeeded == set(EVENTS)
    assert POISON in left()
    assert max(map(function.ran.count, EVENTS)) <= 1


def test_there_are_no_more_writes_than_were_killed(function: Function) -> None:
    send(*EVENTS)
    recorder = Recorder()
    run(new_aws(recorder))
    # four received, run, three deleted, two empty answers, one release
    assert len(recorder.writes) == 4 + 4 + 3 + 2 + 1


def test_what_arrives_meanwhile_is_left_alone(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    send("a")
    aws = new_aws()
    queue = counted(aws)
    (backend,) = sqs_backends["123456789012"]["us-east-1"].queues.values()

    def arrive() -> None:
        send("new")
        latest: Any = backend._messages[-1]
        latest.sent_timestamp = queue.asked_at + 1

    function.meanwhile = arrive
    target = Destination(InvocationTarget("tap-dev-items", "live"), "8", 10)
    Redrive(aws, queue, target, RedriveOptions(), lambda _: None).run(1)
    assert function.ran == ["a"]
    assert left() == ["new"]
    assert counted(aws).waiting == 1


def test_a_lost_answer_is_never_sent_again_and_three_end_the_run(function: Function) -> None:
    send("a", "b", "c", "d", "e")
    function.status = 500
    found = run(new_aws())
    assert len(function.ran) == len(set(function.ran)) == 3
    assert [each.outcome for each in found] == [Outcome.UNKNOWN] * 3
    assert left() == ["a", "b", "c", "d", "e"]


def test_only_the_chosen(function: Function) -> None:
    send("a", "b", "c")
    (queue,) = sqs_backends["123456789012"]["us-east-1"].queues.values()
    chosen = next(m.id for m in queue._messages if json.loads(m.body)["id"] == "b")
    run(new_aws(), messages=frozenset({chosen}))
    assert function.ran == ["b"]
    assert left() == ["a", "c"]
    assert counted(new_aws()).waiting == 2
