"""Each call is counted, refused while only reading, and retried by error class, never blindly."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError, ConnectionClosedError

from provision.aws.access import Access
from provision.aws.client import Aws
from provision.errors import ReadOnlyViolation
from tests.support.harness import REGION, new_aws
from tests.support.virtual_clock import VirtualClock

pytestmark = pytest.mark.usefixtures("account")


class Answers:
    """Answers the first calls of one operation before they reach the emulator."""

    def __init__(self, operation: str, *answers: AWSResponse | Exception) -> None:
        self.operation = operation
        self.answers = list(answers)
        self.sent = 0

    def watch(self, client: Any) -> None:
        client.meta.events.register_first(f"before-send.*.{self.operation}", self._send)

    def _send(self, **_: Any) -> AWSResponse | None:
        self.sent += 1
        if not self.answers:
            return None
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Raw:
    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, **_: Any) -> Any:
        yield self.body


def json_error(code: str, message: str, status: int = 400) -> AWSResponse:
    body = f'{{"__type": "{code}", "message": "{message}"}}'.encode()
    headers = HTTPHeaders()
    headers["x-amzn-ErrorType"] = code
    return AWSResponse("http://x", status, headers, Raw(body))


def aws_with(answers: Answers) -> Aws:
    access = Access(
        REGION, credentials=("test", "test"), on_client_created=answers.watch, rate_limited=False
    )
    return Aws(access, clock=VirtualClock())


def test_calls_are_counted_by_what_they_do() -> None:
    aws = new_aws()
    aws.dynamodb.list_tables()
    aws.sqs.create_queue(QueueName="q")
    assert (aws.calls.read, aws.calls.write) == (1, 1)


def test_a_write_is_stopped_before_it_leaves_while_reading_only() -> None:
    aws = new_aws()
    with aws.reading(), pytest.raises(ReadOnlyViolation, match="CreateQueue was stopped"):
        aws.sqs.create_queue(QueueName="q")
    assert aws.calls.write == 0
    assert "QueueUrls" not in aws.sqs.list_queues()
    aws.sqs.create_queue(QueueName="q")
    assert aws.calls.write == 1


def test_writes_are_stopped_until_the_last_block_that_reads_has_ended() -> None:
    """The order in which blocks end does not matter: each thread opens and closes its own."""
    aws = new_aws()
    first, second = aws.reading(), aws.reading()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    with ThreadPoolExecutor(1) as threads, pytest.raises(ReadOnlyViolation):
        threads.submit(aws.sqs.create_queue, QueueName="q").result()
    second.__exit__(None, None, None)
    aws.sqs.create_queue(QueueName="q")
    assert aws.calls.write == 1


def test_writes_go_again_after_a_block_that_failed() -> None:
    aws = new_aws()
    with pytest.raises(ZeroDivisionError), aws.reading():
        1 / 0  # noqa: B018
    aws.sqs.create_queue(QueueName="q")
    assert aws.calls.write == 1


def test_what_passes_by_itself_is_waited_out() -> None:
    busy = json_error("ThrottlingException", "Rate exceeded")
    answers = Answers("ListTables", busy, busy)
    aws = aws_with(answers)
    heard: list[str] = []
    aws.on_wait(heard.append)
    aws.dynamodb.list_tables()
    assert answers.sent == 3
    assert aws.calls.retried == 2
    assert "AWS's rate limit" in heard[0]


def test_what_does_not_pass_is_told_at_once() -> None:
    answers = Answers("ListTables", json_error("ValidationException", "no"))
    with pytest.raises(ClientError):
        aws_with(answers).dynamodb.list_tables()
    assert answers.sent == 1


def test_a_lost_answer_to_a_read_is_asked_again() -> None:
    answers = Answers("ListTables", ConnectionClosedError(endpoint_url="x"))
    aws_with(answers).dynamodb.list_tables()
    assert answers.sent == 2


def test_a_lost_answer_to_a_create_without_a_token_is_never_sent_again() -> None:
    answers = Answers("CreateVpc", ConnectionClosedError(endpoint_url="x"))
    with pytest.raises(ConnectionClosedError):
        aws_with(answers).ec2.create_vpc(CidrBlock="10.0.0.0/24")
    assert answers.sent == 1


def test_the_budget_ends_the_waiting() -> None:
    endless = [json_error("ThrottlingException", "Rate exceeded") for _ in range(500)]
    answers = Answers("ListTables", *endless)
    aws = aws_with(answers)
    with pytest.raises(ClientError, match="ThrottlingException"):
        aws.dynamodb.list_tables()
    assert 300 <= sum(aws.clock.slept) < 330  # type: ignore[attr-defined]
