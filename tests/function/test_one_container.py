"""No invocation of a loaded function shows data of the one before it.

Logs and segments do not contain request bodies or items of the table either.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.function.conftest import Function, request
from tests.function.test_observability import emitted, run_as_lambda

WRITTEN = "canary-of-a-body"
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
KEYS = {
    *("level", "location", "message", "timestamp", "service"),
    *("cold_start", "function_name", "function_memory_size", "function_arn"),
    *("function_request_id", "correlation_id"),
    *("route", "status", "path", "user_agent", "request_id"),
}
"""The keys of a request's log line, which has no others."""
THEIR_OWN = {"timestamp", "function_request_id", "correlation_id"}
"""The keys that differ between the lines of two equal requests."""


def numbered(event: dict[str, Any], number: int) -> dict[str, Any]:
    context = {"extendedRequestId": f"gateway-{number}", "requestId": f"caller-{number}"}
    return {**event, "requestContext": {**event["requestContext"], **context}}


def lines(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [entry for entry in found if entry.get("message") == "answered"]


def test_a_line_has_its_own_request_and_nothing_of_the_one_before(function: Function, capsys):
    first = request("PUT", "first", body={"name": "n"}, headers={"User-Agent": "browser"})
    function.invoke(numbered(first, 1))
    function.invoke(numbered(request("GET", "second"), 2))
    before, after = lines(emitted(capsys))
    assert set(before) == set(after) == KEYS
    assert (before["correlation_id"], after["correlation_id"]) == ("gateway-1", "gateway-2")
    assert (before["request_id"], after["request_id"]) == ("caller-1", "caller-2")
    assert before["function_request_id"] == "lambda-request-1"
    assert after["function_request_id"] == "lambda-request-2"
    assert (before["user_agent"], after["user_agent"]) == ("browser", "")
    assert (before["path"], after["path"]) == ("/base/items/first", "/base/items/second")
    assert (before["route"], after["route"]) == ("PUT /items/{id}", "GET /items/{id}")


def test_an_id_is_not_that_of_the_request_before(function: Function, capsys):
    """Without an id from API Gateway, the line has none and the answer has Lambda's."""
    function.invoke(numbered(request("GET", "a"), 1))
    bare = request("GET", "a")
    bare["requestContext"] = {"stage": "v1"}
    answer = json.loads(function.invoke(bare)["body"])
    assert answer["error"]["request_id"] == "lambda-request-2"
    assert lines(emitted(capsys))[1].get("correlation_id") is None


@pytest.mark.parametrize("between", ["unexpected", "throttled", "no request", "invalid"])
def test_what_went_wrong_once_is_in_no_later_line(
    function: Function, capsys, monkeypatch: pytest.MonkeyPatch, between: str
):
    function.invoke(numbered(request("GET", "a"), 1))
    if between == "no request":
        with pytest.raises(function.app.NotARequest):
            function.invoke({"task": WRITTEN})
    elif between == "invalid":
        function.invoke(numbered(request("POST", body={"name": ""}), 2))
    else:
        throttled = ClientError({"Error": {"Code": "ThrottlingException"}}, "GetItem")
        error = RuntimeError(WRITTEN) if between == "unexpected" else throttled

        def fails(**_: Any) -> None:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(function.app.store._client, "get_item", fails)
            function.invoke(numbered(request("GET", "a"), 2))
    found = emitted(capsys)
    function.invoke(numbered(request("GET", "a"), 3))
    before = lines(found)[0]
    (after,) = lines(later := emitted(capsys))
    assert set(after) == KEYS
    assert {key for key in KEYS if before[key] != after[key]} <= {*THEIR_OWN, "request_id"}
    counted = [entry for entry in later if "_aws" in entry]
    assert [set(entry) for entry in counted] == [{"_aws", "service", "NotFound"}]
    assert counted[0]["NotFound"] == [1.0]


@pytest.mark.parametrize("between", [None, {"provision": "import check"}], ids=["", "a check"])
def test_keys_that_a_request_adds_to_its_lines_end_with_it(
    function: Function, capsys, monkeypatch: pytest.MonkeyPatch, between: object
):
    read = function.app.store.read

    def read_and_tell(item_id: str) -> Any:
        function.app.logger.append_keys(customer=WRITTEN)
        return read(item_id)

    with monkeypatch.context() as patch:
        patch.setattr(function.app.store, "read", read_and_tell)
        function.invoke(numbered(request("GET", "a"), 1))
    if between:
        function.invoke(between)
    function.invoke(numbered(request("GET", "a"), 2))
    before, after = lines(emitted(capsys))
    assert before["customer"] == WRITTEN
    assert set(after) == KEYS


def test_an_event_that_is_no_request_is_not_repeated(function: Function, capsys):
    """Lambda logs the exception, and X-Ray keeps it."""
    with pytest.raises(function.app.NotARequest) as raised:
        function.invoke({"task": WRITTEN})
    assert str(raised.value) == "a dict that API Gateway did not send"
    assert WRITTEN not in capsys.readouterr().out


EVENTS = [
    request("POST", body={"id": "here", "name": WRITTEN, "attributes": {WRITTEN: WRITTEN}}),
    request("POST", body={"id": "here", "name": WRITTEN}),
    request("GET", "here"),
    request("GET"),
    request("PUT", "here", body={"name": WRITTEN, "version": 9}),
    request("PUT", "here", body={"name": WRITTEN, WRITTEN: 1}),
    request("DELETE", "here"),
]
ANSWERED = [201, 409, 200, 200, 409, 400, 204]


def test_neither_segments_nor_logs_have_a_body(layer_path: Path) -> None:
    """A process with tracing handles callers' data in requests and answers."""
    segments: list[dict[str, Any]] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.setblocking(False)
        address = f"127.0.0.1:{daemon.getsockname()[1]}"
        output = run_as_lambda(
            layer_path, {"_X_AMZN_TRACE_ID": TRACE, "AWS_XRAY_DAEMON_ADDRESS": address}, EVENTS
        )
        while True:
            try:
                segments += [json.loads(daemon.recv(65_536).split(b"\n", 1)[1])]
            except BlockingIOError:
                break
    printed = output.splitlines()
    statuses = [int(line.split()[1]) for line in printed if line.startswith("STATUS")]
    assert statuses == ANSWERED
    handled = [one for one in segments if one["name"] == "## handler"]
    assert [one["annotations"]["status"] for one in handled] == ANSWERED
    assert [one["annotations"]["ColdStart"] for one in handled] == [True] + [False] * 6
    assert [one["annotations"]["Service"] for one in handled] == ["items"] * 7
    assert all(
        set(one["annotations"]) == {"ColdStart", "Service", "route", "status"} for one in handled
    )
    assert not any("metadata" in one for one in segments)
    assert WRITTEN not in json.dumps(segments)
    assert WRITTEN not in output
    entries = [json.loads(line) for line in printed if line.startswith("{")]
    starts = [entry["cold_start"] for entry in lines(entries)]
    assert starts == [True] + [False] * 6
    assert [entry["ColdStart"] for entry in entries if "ColdStart" in entry] == [[1.0]]
    ids = [entry["function_request_id"] for entry in lines(entries)]
    assert ids == [f"lambda-request-{number}" for number in range(1, 8)]
