"""One invocation: how the answer is read, and when the function may have run."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    IncompleteReadError,
    ReadTimeoutError,
)

from provision.errors import AnswerLost, ApiError, NotFound
from provision.workflows.invoke import (
    LATEST,
    InvocationReport,
    InvocationTarget,
    invoke_once,
    parse_report,
)

LINE = (
    "REPORT RequestId: 7f1c\tDuration: 36.62 ms\tBilled Duration: 37 ms\tMemory Size: 512 MB"
    "\tMax Memory Used: 112 MB\tInit Duration: 140.00 ms\t\nXRAY TraceId: 1-5e\tSegmentId: 9\t"
)
URL = "https://lambda.us-east-1.amazonaws.com/"


class FakeLambda:
    """A client with one answer or failure, which records its requests."""

    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        self.answer = answer
        self.asked: list[dict[str, Any]] = []
        self.lambda_invoke = self

    def invoke(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def answer(payload: bytes = b"{}", **more: Any) -> dict[str, Any]:
    told = {"StatusCode": 200, "ResponseMetadata": {"RequestId": "r-1"}, "ExecutedVersion": "8"}
    return {**told, "Payload": io.BytesIO(payload), **more}


def refused(code: str, status: int) -> ClientError:
    metadata: Any = {"HTTPStatusCode": status}
    return ClientError(
        {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": metadata}, "Invoke"
    )


def invoked(found: dict[str, Any] | Exception, qualifier: str = "live", **how: Any) -> Any:
    aws: Any = FakeLambda(found)
    return invoke_once(aws, InvocationTarget("tap-dev-items", qualifier), b"{}", **how), aws.asked


def test_the_answer_its_log_and_the_report() -> None:
    log = f"START\nhello\nEND\n{LINE}\n"
    done, asked = invoked(answer(b'{"a": 1}', LogResult=base64.b64encode(log.encode()).decode()))
    assert asked == [
        {
            "FunctionName": "tap-dev-items",
            "InvocationType": "RequestResponse",
            "Payload": b"{}",
            "Qualifier": "live",
            "LogType": "Tail",
        }
    ]
    assert (done.status, done.version, done.request, done.error) == (200, "8", "r-1", "")
    assert done.payload == b'{"a": 1}'
    assert done.log[1] == "hello"
    assert done.report == InvocationReport(36.62, 37, 512, 112, "1-5e")


def test_latest_has_no_qualifier_and_an_event_no_log() -> None:
    _, asked = invoked(answer(), LATEST, asynchronous=True)
    assert "Qualifier" not in asked[0]
    assert "LogType" not in asked[0]
    assert asked[0]["InvocationType"] == "Event"


def test_a_report_in_json() -> None:
    metrics = {
        "durationMs": 3.5,
        "billedDurationMs": 4,
        "memorySizeMB": 128,
        "maxMemoryUsedMB": 40,
    }
    traced = {"metrics": metrics, "tracing": {"value": "Root=1-abc;Parent=5;Sampled=1"}}
    told = parse_report(json.dumps({"type": "platform.report", "record": traced}))
    assert told.trace == "1-abc", "as the text format has it"
    event = {"type": "platform.report", "record": {"metrics": metrics}}
    assert parse_report(json.dumps(event)) == InvocationReport(3.5, 4, 128, 40, "")
    assert parse_report('{"type": "platform.report", "record": []}') == InvocationReport()
    assert parse_report("nothing of it") == InvocationReport()


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b'{"errorType": "KeyError", "errorMessage": "\'id\'"}', "KeyError: 'id'"),
        (b'{"errorMessage": "Task timed out"}', "Task timed out"),
        (b"[1]", "Unhandled"),
        (b"\xff", "Unhandled"),
    ],
)
def test_the_error_of_a_function(payload: bytes, said: str) -> None:
    done, _ = invoked(answer(payload, FunctionError="Unhandled"))
    assert done.error == said


class Cut(io.BytesIO):
    """A body that ends before its length."""

    def read(self, _: int | None = -1) -> bytes:
        raise IncompleteReadError(actual_bytes=1, expected_bytes=9)


@pytest.mark.parametrize(
    "lost",
    [
        ReadTimeoutError(endpoint_url=URL),
        ConnectionClosedError(endpoint_url=URL),
        refused("ServiceException", 500),
        answer() | {"Payload": Cut()},
    ],
)
def test_it_may_have_run(lost: Any) -> None:
    with pytest.raises(AnswerLost, match="it may have run"):
        invoked(lost)


def test_a_throttled_call_may_be_one_of_a_stopped_function() -> None:
    with pytest.raises(ApiError, match="or is 0, which stops it") as told:
        invoked(refused("TooManyRequestsException", 429))
    assert "`provision status`" in told.value.hint


@pytest.mark.parametrize(
    "failed", [EndpointConnectionError(endpoint_url=URL), refused("InvalidRuntimeException", 400)]
)
def test_it_has_not_run(failed: Exception) -> None:
    with pytest.raises(type(failed)):
        invoked(failed)


@pytest.mark.parametrize(("qualifier", "said"), [("7", "has no version 7"), ("live", "exist")])
def test_there_is_none(qualifier: str, said: str) -> None:
    with pytest.raises(NotFound, match=said):
        invoked(refused("ResourceNotFoundException", 404), qualifier)
